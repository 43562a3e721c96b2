"""Handwritten digits for training: arrays from disk and small distortions."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def load(data, part):
    """Images [N, 28, 28] u8 and labels [N] of `train` or `test`."""
    return np.load(data / f"{part}_images.npy"), np.load(data / f"{part}_labels.npy")


def distort(x, generator, degrees=10.0, pixels=2.0, zoom=0.1):
    """Rotates, scales and shifts every image [N, 1, 28, 28] a little; the background stays black."""
    n = len(x)

    def uniform(limit):
        return (torch.rand(n, generator=generator) * 2 - 1) * limit

    angle, size = uniform(math.radians(degrees)), 1 + uniform(zoom)
    dx, dy = uniform(2 * pixels / 28), uniform(2 * pixels / 28)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    matrix = torch.stack([cos, -sin, dx, sin, cos, dy], dim=1).reshape(n, 2, 3)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    black = x.min()
    return F.grid_sample(x - black, grid, align_corners=False) + black
