"""The quantised convolutional network: a quantiser after every convolution, max pools on levels."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsq import UNSIGNED, WEIGHTS, QuantisedLinear, Quantiser  # noqa: E402


def normalise(pixels, dtype=torch.float32):
    """Turns u8 pixels of shape [N, 28, 28] into the network's analog input [N, 1, 28, 28].

    Black is 0, as the padding of the convolutions is.
    """
    return torch.as_tensor(pixels).to(dtype).unsqueeze(1) / 255


class QuantisedConv(nn.Conv2d):
    """Convolution with 8-bit weights, one scale for all kernels; the bias is a float."""

    def __init__(self, inputs, outputs, padding):
        super().__init__(inputs, outputs, 3, padding=padding)
        self.quan_w = Quantiser(WEIGHTS)

    def forward(self, x):
        weight = self.quan_w(self.weight)
        return nn.functional.conv2d(x, weight, self.bias, padding=self.padding)


class MnistCnn(nn.Module):
    """conv 8 - pool - conv 16 - pool - conv 32 - linear, kernels 3x3."""

    def __init__(self, channels=(8, 16, 32), classes=10):
        super().__init__()
        first, second, third = channels
        self.conv1 = QuantisedConv(1, first, padding=1)
        self.act1 = Quantiser(UNSIGNED)
        self.conv2 = QuantisedConv(first, second, padding=1)
        self.act2 = Quantiser(UNSIGNED)
        self.conv3 = QuantisedConv(second, third, padding=0)
        self.act3 = Quantiser(UNSIGNED)
        self.head = QuantisedLinear(5 * 5 * third, classes)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(self.act1(torch.relu(self.conv1(x))))
        x = self.pool(self.act2(torch.relu(self.conv2(x))))
        x = self.act3(torch.relu(self.conv3(x)))
        return self.head(x.flatten(1))
