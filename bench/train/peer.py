#!/usr/bin/python3
"""The paper's network trained by an ordinary PyTorch loop: what bench/train/compare.sh measures bitloom-train against.

usage: peer.py --data-dir DIR [--threads N] [--epochs N] [--batch N] [--images N] [--channels-last]

Prints one line an epoch: images/s, loading and conversion of the images included. Images are held in memory as bytes, as bitloom-train
holds them. Needs python3-torch and python3-numpy, for this measurement only.
"""
import argparse
import gzip
import pathlib
import time

import numpy
import torch


def read_idx(path, header):
    with gzip.open(path) as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=header).copy())


def network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 12, 3), torch.nn.ReLU(), torch.nn.Conv2d(12, 12, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(1728, 10))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--images", type=int, default=54000)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    images = read_idx(options.data_dir / "mnist" / "train-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)[:options.images]
    labels = read_idx(options.data_dir / "mnist" / "train-labels-idx1-ubyte.gz", 8).long()[:options.images]
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    model = network().to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    for _ in range(options.epochs):
        start = time.perf_counter()
        for batch in torch.randperm(len(images)).split(options.batch):
            x = images[batch].float().div_(255).contiguous(memory_format=layout)
            loss = torch.nn.functional.cross_entropy(model(x), labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        print(f"{len(images) / (time.perf_counter() - start):.0f}", flush=True)


main()
