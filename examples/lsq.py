"""Quantisers and the quantised parts of a Transformer, as SpikeZIP-TF trains its QANNs.

A quantiser computes `Q(x) = clamp(floor(x/s + 1/2), qmin, qmax)` and returns `s * Q(x)`; its
scale `s` is learned (LSQ: Esser et al., "Learned Step Size Quantization", ICLR 2020). The
arithmetic is written out in elementary operations, so that exporters write the same operations
into the ONNX graph.
"""

import torch
from torch import nn

SIGNED = (-8, 7)
UNSIGNED = (0, 15)
WEIGHTS = (-128, 127)


def scale_gradient(s, g):
    """Returns `s` with its gradient multiplied by `g`: (s - s*g) + s*g."""
    scaled = s * g
    return (s - scaled).detach() + scaled


def floor_straight_through(x):
    """Rounds down; the gradient passes as if this were the identity."""
    return (torch.floor(x) - x).detach() + x


class Quantiser(nn.Module):
    """LSQ quantiser to the levels qmin..qmax with one learned scale.

    The first training batch sets the scale by the LSQ rule s = 2 * mean|x| / sqrt(qmax).
    """

    def __init__(self, levels):
        super().__init__()
        self.qmin, self.qmax = (float(limit) for limit in levels)
        self.s = nn.Parameter(torch.tensor(0.0))
        # Filled by `record`: the integer levels of the last forward pass.
        self.recorded = None
        self.recording = False

    def forward(self, x):
        if self.training and self.s.item() == 0.0:
            with torch.no_grad():
                self.s.copy_(2 * x.abs().mean() / self.qmax**0.5)
        # One index of the first dimension, so that the factor does not depend on the batch size.
        elements = x[0].numel()
        s = scale_gradient(self.s, 1.0 / (self.qmax * elements) ** 0.5)
        levels = torch.clamp(floor_straight_through(x / s + 0.5), self.qmin, self.qmax)
        if self.recording:
            exact = torch.clamp(torch.floor(x / self.s + 0.5), self.qmin, self.qmax)
            self.recorded = exact.detach().to(torch.int8)
        return levels * s


class QuantisedLinear(nn.Linear):
    """Linear layer with 8-bit weights, one scale for the whole matrix; the bias is a float."""

    def __init__(self, features_in, features_out):
        super().__init__(features_in, features_out)
        self.quan_w = Quantiser(WEIGHTS)

    def forward(self, x):
        return nn.functional.linear(x, self.quan_w(self.weight), self.bias)


class Attention(nn.Module):
    """Multi-head self-attention; q, k, v, probabilities, mixture and projection are quantised."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads, self.depth = heads, channels // heads
        self.qkv = QuantisedLinear(channels, 3 * channels)
        self.quan_q, self.quan_k, self.quan_v = (Quantiser(SIGNED) for _ in range(3))
        self.attn_quan = Quantiser(UNSIGNED)
        self.after_attn_quan = Quantiser(SIGNED)
        self.proj = QuantisedLinear(channels, channels)
        self.quan_proj = Quantiser(SIGNED)

    def forward(self, x, padding=None):
        """`padding`, where given, is true at tokens that nothing attends to: [N, 1, 1, tokens]."""
        n, tokens, channels = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, self.depth).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        q, k, v = self.quan_q(q), self.quan_k(k), self.quan_v(v)
        scores = (q @ k.transpose(-2, -1)) * self.depth**-0.5
        if padding is not None:
            scores = scores.masked_fill(padding, float("-inf"))
        mixed = self.attn_quan(scores.softmax(-1)) @ v
        mixed = mixed.transpose(1, 2).reshape(n, tokens, channels)
        return self.quan_proj(self.proj(self.after_attn_quan(mixed)))


class Mlp(nn.Module):
    """Linear, ReLU, quantiser, Linear, quantiser."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.fc1 = QuantisedLinear(channels, hidden)
        self.relu = nn.ReLU()
        self.act = Quantiser(UNSIGNED)
        self.fc2 = QuantisedLinear(hidden, channels)
        self.quan_out = Quantiser(SIGNED)

    def forward(self, x):
        return self.quan_out(self.fc2(self.act(self.relu(self.fc1(x)))))


@torch.no_grad()
def record(model, x):
    """Logits, and the levels of every activation quantiser by name."""
    quantisers = {n: m for n, m in model.named_modules() if isinstance(m, Quantiser)}
    quantisers = {n: m for n, m in quantisers.items() if not n.endswith("quan_w")}
    for q in quantisers.values():
        q.recording = True
    logits = model(x)
    for q in quantisers.values():
        q.recording = False
    return logits, {n: q.recorded for n, q in quantisers.items()}
