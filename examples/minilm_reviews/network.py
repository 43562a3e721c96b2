"""MiniLM-L6 as a quantised text encoder: a quantiser after every operator, as SpikeZIP-TF has them."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsq import QuantisedLinear, Quantiser  # noqa: E402

# 32 levels each. GELU is never below -0.17, so it has one level below 0.
SIGNED, UNSIGNED, GELU = (-16, 15), (0, 31), (-1, 30)
# Token id of [PAD]; tokens of a sentence, longer ones are cut.
PADDING, POSITIONS = 0, 64
CHANNELS, HEADS, HIDDEN, BLOCKS, WORDS, CLASSES = 384, 12, 1536, 6, 30522, 2


class Attention(nn.Module):
    """Multi-head attention to tokens that are not padding."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (QuantisedLinear(CHANNELS, CHANNELS) for _ in range(3))
        self.quan_q, self.quan_k, self.quan_v = (Quantiser(SIGNED) for _ in range(3))
        self.attn_quan, self.after_attn_quan = Quantiser(UNSIGNED), Quantiser(SIGNED)
        self.proj, self.quan_proj = QuantisedLinear(CHANNELS, CHANNELS), Quantiser(SIGNED)

    def heads(self, x):
        """[N, tokens, CHANNELS] as [N, HEADS, tokens, CHANNELS / HEADS]."""
        n, tokens, _ = x.shape
        return x.reshape(n, tokens, HEADS, CHANNELS // HEADS).transpose(1, 2)

    def forward(self, x, padding):
        n, tokens, _ = x.shape
        q = self.quan_q(self.heads(self.query(x)))
        k = self.quan_k(self.heads(self.key(x)))
        v = self.quan_v(self.heads(self.value(x)))
        scores = (q @ k.transpose(-2, -1)) * (CHANNELS // HEADS) ** -0.5
        scores = scores.masked_fill(padding, float("-inf"))
        mixed = self.attn_quan(scores.softmax(-1)) @ v
        mixed = mixed.transpose(1, 2).reshape(n, tokens, CHANNELS)
        return self.quan_proj(self.proj(self.after_attn_quan(mixed)))


class Block(nn.Module):
    """Post-norm Transformer block: x = LayerNorm(x + f(x)) for attention and MLP."""

    def __init__(self, dropout):
        super().__init__()
        self.attn = Attention()
        self.norm1, self.quan1 = nn.LayerNorm(CHANNELS, eps=1e-12), Quantiser(SIGNED)
        self.fc1, self.gelu, self.act = QuantisedLinear(CHANNELS, HIDDEN), nn.GELU(), Quantiser(GELU)
        self.fc2, self.quan_out = QuantisedLinear(HIDDEN, CHANNELS), Quantiser(SIGNED)
        self.norm2, self.quan2 = nn.LayerNorm(CHANNELS, eps=1e-12), Quantiser(SIGNED)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, padding):
        x = self.quan1(self.norm1(x + self.drop(self.attn(x, padding))))
        mlp = self.quan_out(self.fc2(self.act(self.gelu(self.fc1(x)))))
        return self.quan2(self.norm2(x + self.drop(mlp)))


class MiniLM(nn.Module):
    """WordPiece ids [N, up to POSITIONS] to logits [N, CLASSES] of the first token."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.words = nn.Embedding(WORDS, CHANNELS)
        # With the embedding of the only token type added.
        self.positions = nn.Embedding(POSITIONS, CHANNELS)
        self.norm, self.quan = nn.LayerNorm(CHANNELS, eps=1e-12), Quantiser(SIGNED)
        self.blocks = nn.ModuleList(Block(dropout) for _ in range(BLOCKS))
        self.drop = nn.Dropout(dropout)
        self.head = QuantisedLinear(CHANNELS, CLASSES)

    def forward(self, ids):
        padding = (ids == PADDING)[:, None, None, :]
        x = self.words(ids) + self.positions.weight[: ids.shape[1]]
        x = self.drop(self.quan(self.norm(x)))
        for block in self.blocks:
            x = block(x, padding)
        return self.head(self.drop(x[:, 0]))

    @torch.no_grad()
    def load_pretrained(self, tensors):
        """Takes the parameters of the BERT model `tensors` (Hugging Face names); the head stays random."""
        own = self.state_dict()
        types = tensors["embeddings.token_type_embeddings.weight"][0]
        take = {
            "words.weight": tensors["embeddings.word_embeddings.weight"],
            "positions.weight": tensors["embeddings.position_embeddings.weight"][:POSITIONS] + types,
        }
        names = {"norm": "embeddings.LayerNorm"}
        for b in range(BLOCKS):
            theirs, ours = f"encoder.layer.{b}", f"blocks.{b}"
            for name in ("query", "key", "value"):
                names[f"{ours}.attn.{name}"] = f"{theirs}.attention.self.{name}"
            names[f"{ours}.attn.proj"] = f"{theirs}.attention.output.dense"
            names[f"{ours}.norm1"] = f"{theirs}.attention.output.LayerNorm"
            names[f"{ours}.fc1"] = f"{theirs}.intermediate.dense"
            names[f"{ours}.fc2"] = f"{theirs}.output.dense"
            names[f"{ours}.norm2"] = f"{theirs}.output.LayerNorm"
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                take[f"{ours}.{part}"] = tensors[f"{theirs}.{part}"]
        for name, tensor in take.items():
            own[name].copy_(tensor)


def quantisers(model):
    """The quantisers of a model by name, those of weights included."""
    return {name: module for name, module in model.named_modules() if isinstance(module, Quantiser)}
