"""The quantised network: LSQ quantisers, a linear layer with quantised weights, and the MLP.

A quantiser computes `Q(x) = clamp(floor(x/s + 1/2), qmin, qmax)` and returns `s * Q(x)`; its
scale `s` is learned (LSQ: Esser et al., "Learned Step Size Quantization", ICLR 2020). The
arithmetic is written out in elementary operations, as SpikeZIP-TF trains it, so that exporters
write the same operations into the ONNX graph.
"""

import torch
from torch import nn

PIXEL_MAX = 255
MEAN = 0.1307
STD = 0.3081


def normalise(pixels, dtype=torch.float32):
    """Turns u8 pixels of shape [N, 28, 28] into the network's analog input [N, 1, 28, 28]."""
    x = torch.as_tensor(pixels).to(dtype).unsqueeze(1)
    return (x / PIXEL_MAX - MEAN) / STD


def scale_gradient(s, g):
    """Returns `s` with its gradient multiplied by `g`: (s - s*g) + s*g."""
    scaled = s * g
    return (s - scaled).detach() + scaled


def floor_straight_through(x):
    """Rounds down; the gradient passes as if this were the identity."""
    return (torch.floor(x) - x).detach() + x


class Quantiser(nn.Module):
    """LSQ quantiser to the levels qmin..qmax with one learned scale."""

    def __init__(self, qmin, qmax):
        super().__init__()
        self.qmin, self.qmax = float(qmin), float(qmax)
        self.s = nn.Parameter(torch.tensor(1.0))

    @torch.no_grad()
    def initialise(self, x):
        """Sets the scale from typical data, the LSQ rule s = 2 * mean|x| / sqrt(qmax)."""
        self.s.copy_(2 * x.abs().mean() / self.qmax**0.5)

    def forward(self, x):
        # One index of the first dimension, so that the factor does not depend on the batch size.
        elements = x[0].numel()
        s = scale_gradient(self.s, 1.0 / (self.qmax * elements) ** 0.5)
        levels = torch.clamp(floor_straight_through(x / s + 0.5), self.qmin, self.qmax)
        return levels * s

    @torch.no_grad()
    def levels(self, x):
        """The integer levels Q(x), and x/s + 1/2, whose distance to an integer tells how near a
        value is to a level boundary."""
        ratio = x / self.s + 0.5
        return torch.clamp(torch.floor(ratio), self.qmin, self.qmax).to(torch.int64), ratio


class QuantisedLinear(nn.Linear):
    """Linear layer with 8-bit weights, one scale for the whole matrix; the bias is a float."""

    def __init__(self, features_in, features_out):
        super().__init__(features_in, features_out)
        self.quan_w = Quantiser(-128, 127)
        self.quan_w.initialise(self.weight)

    def forward(self, x):
        return nn.functional.linear(x, self.quan_w(self.weight), self.bias)


class MnistMlp(nn.Module):
    """784-128-10: Linear, ReLU, 16-level quantiser, Linear. The logits are not quantised."""

    def __init__(self):
        super().__init__()
        self.fc1 = QuantisedLinear(784, 128)
        self.relu1 = nn.ReLU()
        self.act1 = Quantiser(0, 15)
        self.fc2 = QuantisedLinear(128, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = self.act1(self.relu1(self.fc1(x)))
        return self.fc2(x)

    @torch.no_grad()
    def preactivation(self, x):
        """The input of the quantiser act1."""
        return self.relu1(self.fc1(torch.flatten(x, 1)))
