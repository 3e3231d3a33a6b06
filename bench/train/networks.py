"""The networks of bench/train/compare.sh as one writes them in PyTorch. Each has the parameters of the zoo's network of its name."""
import torch
from torch import nn


def lenet5(classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes))


def dnn2fpga(classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1728, classes))


def alexnet_cifar(classes=10):
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 192, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1024, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, classes))


def convolution(inputs, outputs, kernel, stride=1, groups=1, activation=nn.ReLU):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return layers + ([activation(inplace=True)] if activation else [])


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = nn.Sequential(*convolution(inputs, outputs, 3, stride), *convolution(outputs, outputs, 3, activation=None))
        self.stride, self.missing = stride, outputs - inputs

    def forward(self, x):
        shortcut = x
        if self.missing:
            half = self.missing // 2
            shortcut = nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, half, self.missing - half))
        return nn.functional.relu(self.residual(x) + shortcut)


def resnet20(classes=10):
    layers, channels = convolution(3, 16, 3), 16
    for stage in range(3):
        for block in range(3):
            layers.append(BasicBlock(channels, 16 << stage, 2 if stage and not block else 1))
            channels = 16 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))


class DenseLayer(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.layers = nn.Sequential(*convolution(inputs, 128, 1), *convolution(128, 32, 3))

    def forward(self, x):
        return torch.cat([x, self.layers(x)], 1)


def densenet21(classes=10):
    """Conv-BN-ReLU, the zoo's densenet21-hw."""
    layers, channels = convolution(3, 64, 3), 64
    for block, count in enumerate([1, 2, 3, 2]):
        for _ in range(count):
            layers.append(DenseLayer(channels))
            channels += 32
        if block < 3:
            layers += convolution(channels, channels // 2, 1, activation=None) + [nn.AvgPool2d(2)]
            channels //= 2
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = convolution(inputs, hidden, 1, activation=nn.ReLU6) if expansion > 1 else []
        layers += convolution(hidden, hidden, 3, stride, groups=hidden, activation=nn.ReLU6)
        self.layers = nn.Sequential(*layers, *convolution(hidden, outputs, 1, activation=None))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


def mobilenetv2(classes=10):
    """For 32x32: the first two strides of 2 are left out."""
    layers, channels = convolution(3, 32, 3, activation=nn.ReLU6), 32
    rows = [(1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, outputs, count, stride in rows:
        for i in range(count):
            layers.append(InvertedResidual(channels, outputs, 1 if i else stride, expansion))
            channels = outputs
    layers += convolution(channels, 1280, 1, activation=nn.ReLU6)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))


NETWORKS = {"lenet5": lenet5, "dnn2fpga": dnn2fpga, "alexnet-cifar": alexnet_cifar, "resnet20": resnet20, "densenet21-hw": densenet21,
            "mobilenetv2": mobilenetv2}
