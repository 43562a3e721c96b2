"""Residual scales that are s·2^k: a residual sum of such levels is an integer of few bits.

`snap` replaces the learned scales of the quantisers that a residual stream adds, and gives constants of the stream a
step, late in training. The scales stay fixed from there on, and the other parameters adapt.
"""

import math

import torch
from torch import nn

from lsq import floor_straight_through

# Bits of the common factor s: products with levels and constants are exact in float32.
FACTOR_BITS = 8
# The step of constants is the smallest residual scale over 2^FINER.
FINER = 3


class Grid(nn.Module):
    """Constants of the residual stream: unchanged, or rounded to multiples of `step`."""

    def __init__(self):
        super().__init__()
        self.step = 0.0

    def forward(self, x):
        return x if self.step == 0.0 else floor_straight_through(x / self.step + 0.5) * self.step


def common_factor(scales):
    """The factor s in [1, 2) for which all scales are nearest to s·2^k, in the logarithm."""
    parts = [math.log2(scale) % 1.0 for scale in scales]

    def error(factor):
        return sum(((part - math.log2(factor) + 0.5) % 1.0 - 0.5) ** 2 for part in parts)

    return min((1 + n / 2 ** (FACTOR_BITS - 1) for n in range(2 ** (FACTOR_BITS - 1))), key=error)


@torch.no_grad()
def snap(quantisers, grids):
    """Sets the scales of quantisers to s·2^k, and the step of constants."""
    scales = [quantiser.s.item() for quantiser in quantisers]
    factor = common_factor(scales)
    for quantiser, scale in zip(quantisers, scales):
        quantiser.s.fill_(factor * 2.0 ** round(math.log2(scale / factor)))
        quantiser.s.requires_grad_(False)
    step = min(quantiser.s.item() for quantiser in quantisers) / 2**FINER
    for grid in grids:
        grid.step = step


@torch.no_grad()
def bake(constants):
    """Rounds constants, pairs of a grid and its parameter, for good."""
    for grid, parameter in constants:
        parameter.copy_(grid(parameter))
        grid.step = 0.0
