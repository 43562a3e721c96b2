"""The quantised Vision Transformer: quantisers after every operator, as SpikeZIP-TF trains its QANNs."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsq import SIGNED, WEIGHTS, Attention, Mlp, QuantisedLinear, Quantiser  # noqa: E402
from residual import Grid  # noqa: E402


def normalise(pixels, dtype=torch.float32):
    """Turns u8 pixels of shape [N, 28, 28] into the network's analog input [N, 1, 28, 28]."""
    x = torch.as_tensor(pixels).to(dtype).unsqueeze(1)
    return (x / 255 - 0.5) / 0.5


class QuantisedPatches(nn.Conv2d):
    """Strided convolution with 8-bit weights: one vector of `channels` a patch."""

    def __init__(self, channels, patch):
        super().__init__(1, channels, patch, stride=patch)
        self.quan_w = Quantiser(WEIGHTS)

    def forward(self, x):
        return nn.functional.conv2d(x, self.quan_w(self.weight), self.bias, self.stride)


class Block(nn.Module):
    """Pre-norm Transformer block."""

    def __init__(self, channels, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.quan1 = Quantiser(SIGNED)
        self.attn = Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.quan2 = Quantiser(SIGNED)
        self.mlp = Mlp(channels, hidden)

    def forward(self, x):
        x = x + self.attn(self.quan1(self.norm1(x)))
        return x + self.mlp(self.quan2(self.norm2(x)))


class MnistVit(nn.Module):
    """28x28 in 7x7 patches, class token, learned positions, pre-norm blocks; logits of the class token."""

    def __init__(self, channels=64, blocks=2, heads=4, ratio=2, patch=7, classes=10):
        super().__init__()
        tokens = (28 // patch) ** 2 + 1
        self.patches = QuantisedPatches(channels, patch)
        self.quan_patches = Quantiser(SIGNED)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, channels))
        self.positions = nn.Parameter(0.02 * torch.randn(1, tokens, channels))
        self.class_grid, self.position_grid = Grid(), Grid()
        self.blocks = nn.ModuleList(Block(channels, heads, ratio * channels) for _ in range(blocks))
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.quan_norm = Quantiser(SIGNED)
        self.head = QuantisedLinear(channels, classes)

    def forward(self, x):
        x = self.quan_patches(self.patches(x).flatten(2).transpose(1, 2))
        first = self.class_grid(self.class_token).expand(x.shape[0], -1, -1)
        x = torch.cat((first, x), dim=1) + self.position_grid(self.positions)
        for block in self.blocks:
            x = block(x)
        return self.head(self.quan_norm(self.norm(x))[:, 0])

    def residual_quantisers(self):
        """Quantisers of what the residual stream adds."""
        blocks = [q for block in self.blocks for q in (block.attn.quan_proj, block.mlp.quan_out)]
        return [self.quan_patches, *blocks]

    def residual_constants(self):
        """Constants of the residual stream, with their grids."""
        return [(self.class_grid, self.class_token), (self.position_grid, self.positions)]
