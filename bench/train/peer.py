#!/usr/bin/python3
"""One of the zoo's networks trained by an ordinary PyTorch loop: what bench/train/compare.sh measures bitloom-train against.

usage: peer.py NETWORK --data-dir DIR [--threads N] [--epochs N] [--batch N] [--share S] [--channels-last] [--bfloat16]

Prints one line an epoch: images/s, loading, augmentation and conversion of the images included. Images are held in memory as bytes, as
bitloom-train holds them, and shifted and mirrored a batch at a time. Needs python3-torch and python3-numpy, for this measurement only.
"""
import argparse
import gzip
import pathlib
import time

import numpy
import torch

from networks import NETWORKS


def read_idx(path, header):
    with gzip.open(path) as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=header).copy())


def mnist(folder):
    images = read_idx(folder / "mnist" / "train-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)
    return images, read_idx(folder / "mnist" / "train-labels-idx1-ubyte.gz", 8).long()


def cifar10(folder):
    files = sorted((folder / "cifar10").glob("**/data_batch_*.bin"))
    records = torch.from_numpy(numpy.concatenate([numpy.fromfile(file, numpy.uint8) for file in files]).reshape(-1, 3073))
    return records[:, 1:].reshape(-1, 3, 32, 32).contiguous(), records[:, 0].long()


def shifted_and_mirrored(images, pad=4):
    n, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (pad, pad, pad, pad))
    rows = torch.randint(0, 2 * pad + 1, (n, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * pad + 1, (n, 1)) + torch.arange(width)
    columns = torch.where(torch.rand(n, 1) < 0.5, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--share", type=float, default=0.9, help="of the training images that are trained on")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--parameters", action="store_true", help="print how many there are, and end")
    options = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    model = NETWORKS[options.network]()
    if options.parameters:
        return print(sum(p.numel() for p in model.parameters()))
    grey = options.network in ("lenet5", "dnn2fpga")
    images, labels = (mnist if grey else cifar10)(options.data_dir)
    count = int(len(images) * options.share)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    model = model.to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)

    for _ in range(options.epochs):
        start = time.perf_counter()
        for batch in torch.randperm(count).split(options.batch):
            x = images[batch] if grey else shifted_and_mirrored(images[batch])
            x = x.float().div_(255).contiguous(memory_format=layout)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bfloat16):
                loss = torch.nn.functional.cross_entropy(model(x).float(), labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        print(f"{count / (time.perf_counter() - start):.0f}", flush=True)


main()
