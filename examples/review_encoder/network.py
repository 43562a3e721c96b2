"""The quantised text encoder: token ids, a padding mask, post-norm blocks as in RoBERTa."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsq import SIGNED, Attention, Mlp, QuantisedLinear, Quantiser  # noqa: E402
from residual import Grid  # noqa: E402

from words import PADDING, POSITIONS


class Block(nn.Module):
    """Post-norm Transformer block: x = LayerNorm(x + f(x)) for attention and MLP."""

    def __init__(self, channels, heads, hidden, dropout):
        super().__init__()
        self.attn = Attention(channels, heads)
        self.norm1 = nn.LayerNorm(channels, eps=1e-5)
        self.quan1 = Quantiser(SIGNED)
        self.mlp = Mlp(channels, hidden)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5)
        self.quan2 = Quantiser(SIGNED)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, padding):
        x = self.quan1(self.norm1(x + self.drop(self.attn(x, padding))))
        return self.quan2(self.norm2(x + self.drop(self.mlp(x))))


class ReviewEncoder(nn.Module):
    """Token ids [N, positions] to logits [N, classes] of the first token."""

    def __init__(self, words, channels=64, blocks=2, heads=4, ratio=2, classes=2, dropout=0.0):
        super().__init__()
        self.words = nn.Embedding(words, channels)
        self.positions = nn.Embedding(POSITIONS, channels)
        self.word_grid, self.position_grid = Grid(), Grid()
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.norm = nn.LayerNorm(channels, eps=1e-5)
        self.quan = Quantiser(SIGNED)
        self.drop = nn.Dropout(dropout)
        hidden = ratio * channels
        self.blocks = nn.ModuleList(Block(channels, heads, hidden, dropout) for _ in range(blocks))
        self.head = QuantisedLinear(channels, classes)

    def forward(self, ids):
        padding = (ids == PADDING)[:, None, None, :]
        x = self.word_grid(self.words(ids)) + self.position_grid(self.positions.weight)
        x = self.drop(self.quan(self.norm(x)))
        for block in self.blocks:
            x = block(x, padding)
        return self.head(x[:, 0])

    def residual_quantisers(self):
        """Quantisers of what residual sums add."""
        parts = [(b.attn.quan_proj, b.quan1, b.mlp.quan_out, b.quan2) for b in self.blocks]
        return [self.quan, *(quantiser for part in parts for quantiser in part)]

    def residual_constants(self):
        """Constants of the first residual sum, with their grids."""
        return [(self.word_grid, self.words.weight), (self.position_grid, self.positions.weight)]
