"""The quantised residual network: eight layers of weights, batch normalisation, a quantiser after every sum."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsq import UNSIGNED, WEIGHTS, QuantisedLinear, Quantiser  # noqa: E402


def normalise(pixels, dtype=torch.float32):
    """Turns u8 pixels of shape [N, 3, 16, 16] into the network's analog input; black is 0, as padding is."""
    return torch.as_tensor(pixels).to(dtype) / 255


class QuantisedConv(nn.Conv2d):
    """Convolution with 8-bit weights, one scale for all kernels; the normalisation after it has the bias."""

    def __init__(self, inputs, outputs, size=3, stride=1):
        super().__init__(inputs, outputs, size, stride, size // 2, bias=False)
        self.quan_w = Quantiser(WEIGHTS)

    def forward(self, x):
        weight = self.quan_w(self.weight)
        return nn.functional.conv2d(x, weight, None, self.stride, self.padding)


class Block(nn.Module):
    """Two convolutions and a shortcut, which has a convolution of its own where extents change."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = QuantisedConv(inputs, outputs, stride=stride)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.act1 = Quantiser(UNSIGNED)
        self.conv2 = QuantisedConv(outputs, outputs)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.act2 = Quantiser(UNSIGNED)
        self.shortcut = None
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(QuantisedConv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.act1(torch.relu(self.norm1(self.conv1(x))))
        y = self.norm2(self.conv2(y))
        y = y + (x if self.shortcut is None else self.shortcut(x))
        return self.act2(torch.relu(y))


class ResNet8(nn.Module):
    """A convolution, three blocks, the mean of all pixels, a linear layer."""

    def __init__(self, channels=(8, 16, 32), classes=10):
        super().__init__()
        first, second, third = channels
        self.conv = QuantisedConv(3, first)
        self.norm = nn.BatchNorm2d(first)
        self.act = Quantiser(UNSIGNED)
        self.block1 = Block(first, first, 1)
        self.block2 = Block(first, second, 2)
        self.block3 = Block(second, third, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.act_pool = Quantiser(UNSIGNED)
        self.head = QuantisedLinear(third, classes)

    def forward(self, x):
        x = self.act(torch.relu(self.norm(self.conv(x))))
        x = self.block3(self.block2(self.block1(x)))
        return self.head(self.act_pool(self.pool(x).flatten(1)))
