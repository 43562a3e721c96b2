#!/usr/bin/env python3
"""Writes a Vision Transformer of any size with random parameters as an ONNX model, for scaling experiments.

    scripts/make_vit.py vit_small.onnx                              # ViT-Small/16 at 224x224, 1000 classes
    scripts/make_vit.py small.onnx --image 8 --patch 4 --channels 16 --heads 2 --blocks 1 --classes 5

The same arguments give the same bytes. Weights have --weight-bits bits, all activations --levels levels. Needs nothing
but Python. Images are `x = (q/255 - 0.5)/0.5`: `snn2rtl convert vit_small.onnx --input u8 --mean 0.5 --std 0.5`.
"""

import argparse
import math
import random
import struct
from array import array

FLOAT, INT8, INT64 = 1, 3, 7
QONNX = "qonnx.custom_op.general"


def varint(value):
    """A number as protocol buffers write it."""
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A field of a message: a number, a float, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name, value):
    """An attribute of a node: a number, a text, or a list of whole numbers."""
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    if isinstance(value, float):
        return field(1, name) + field(2, value) + field(20, 1)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, 3)
    return field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7)


def value_info(name, extents, kind=FLOAT):
    """Name, shape and type of an input or output of the model."""
    shape = b"".join(field(1, field(1, extent)) for extent in extents)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


class Graph:
    """A graph under construction."""

    def __init__(self, arguments):
        self.random = random.Random(arguments.seed)
        self.bits = max(arguments.levels - 1, 1).bit_length()
        self.levels = arguments.levels
        self.most = 2 ** (arguments.weight_bits - 1) - 1
        self.nodes, self.tensors = [], []

    def tensor(self, name, extents, kind, data):
        """A constant."""
        dims = b"".join(field(1, extent) for extent in extents)
        self.tensors.append(dims + field(2, kind) + field(8, name) + field(9, bytes(data)))
        return name

    def number(self, name, value):
        """A constant that is one float."""
        return self.tensor(name, [], FLOAT, array("f", [value]))

    def normal(self, name, extents, mean, deviation):
        """Random floats."""
        values = (self.random.gauss(mean, deviation) for _ in range(math.prod(extents)))
        return self.tensor(name, extents, FLOAT, array("f", values))

    def whole(self, name, values):
        """A list of whole numbers."""
        return self.tensor(name, [len(values)], INT64, array("q", values))

    def node(self, name, kind, inputs, domain="", **attributes):
        """An operator; its output has its name."""
        links = b"".join(field(1, i) for i in inputs) + field(2, name)
        extra = b"".join(field(5, attribute(*pair)) for pair in sorted(attributes.items()))
        self.nodes.append(links + field(3, name) + field(4, kind) + extra + field(7, domain))
        return name

    def quantise(self, scope, x, scale, signed=True):
        """A quantiser of so many levels; `scale` is that of 16 levels."""
        scale *= 16 / self.levels
        inputs = [x, self.number(f"{scope}.scale", scale), self.number(f"{scope}.zero", 0.0)]
        inputs.append(self.number(f"{scope}.bits", float(self.bits)))
        rule = {"signed": int(signed), "narrow": 0, "rounding_mode": "ROUND"}
        return self.node(f"/{scope}/Quant", "Quant", inputs, QONNX, **rule)

    def weights(self, scope, extents, inputs):
        """Random weights whose products with `inputs` values of variance 1 sum to variance 1."""
        spread = [byte % (2 * self.most + 1) - self.most & 255 for byte in range(256)]
        data = self.random.randbytes(math.prod(extents)).translate(bytes(spread))
        deviation = math.sqrt(self.most * (self.most + 1) / 3)
        scale = self.number(f"{scope}.weight_scale", 1 / (deviation * math.sqrt(inputs)))
        weight = self.tensor(f"{scope}.weight", extents, INT8, data)
        zero = self.tensor(f"{scope}.weight_zero", [], INT8, b"\0")
        return self.node(f"/{scope}/DequantizeLinear", "DequantizeLinear", [weight, scale, zero])

    def linear(self, scope, x, inputs, outputs):
        """A synaptic layer with a bias."""
        weight = self.weights(scope, [inputs, outputs], inputs)
        x = self.node(f"/{scope}/MatMul", "MatMul", [x, weight])
        return self.node(f"/{scope}/Add", "Add", [x, self.normal(f"{scope}.bias", [outputs], 0, 0.1)])

    def norm(self, scope, x, channels):
        """LayerNorm and its quantiser."""
        gamma = self.normal(f"{scope}.gamma", [channels], 1, 0.1)
        beta = self.normal(f"{scope}.beta", [channels], 0, 0.1)
        inputs = [x, gamma, beta]
        x = self.node(f"/{scope}/LayerNorm", "LayerNormalization", inputs, axis=-1, epsilon=1e-6)
        return self.quantise(f"{scope}_quan", x, 0.35)

    def shaped(self, scope, x, extents, order):
        """Another shape and order of extents."""
        x = self.node(f"/{scope}/Reshape", "Reshape", [x, self.whole(f"{scope}.shape", extents)])
        return self.node(f"/{scope}/Transpose", "Transpose", [x], perm=order)

    def model(self, x, logits, name="vit", producer="make_vit.py"):
        """The file."""
        graph = b"".join(field(1, node) for node in self.nodes) + field(2, name)
        graph += b"".join(field(5, tensor) for tensor in self.tensors)
        graph += field(11, x) + field(12, logits)
        opsets = field(8, field(1, "") + field(2, 17)) + field(8, field(1, QONNX) + field(2, 1))
        return field(1, 8) + field(2, producer) + field(7, graph) + opsets


def attention(g, scope, x, tokens, channels, heads, padding=None):
    """Multi-head attention with its projection. Nothing attends to tokens where `padding` is true."""
    depth = channels // heads
    parts = {}
    for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        part = g.linear(f"{scope}.{name}", x, channels, channels)
        part = g.shaped(f"{scope}.{name}_heads", part, [1, tokens, heads, depth], order)
        parts[name] = g.quantise(f"{scope}.{name}_quan", part, 0.35)
    scores = g.node(f"/{scope}/scores/MatMul", "MatMul", [parts["q"], parts["k"]])
    factor = g.number(f"{scope}.factor", 1 / math.sqrt(depth))
    scores = g.node(f"/{scope}/factor/Mul", "Mul", [scores, factor])
    if padding is not None:
        masked = g.number(f"{scope}.masked", -math.inf)
        scores = g.node(f"/{scope}/mask/Where", "Where", [padding, masked, scores])
    weights = g.node(f"/{scope}/Softmax", "Softmax", [scores], axis=-1)
    weights = g.quantise(f"{scope}.attn_quan", weights, 0.5 / 15, signed=False)
    mixed = g.node(f"/{scope}/mix/MatMul", "MatMul", [weights, parts["v"]])
    mixed = g.node(f"/{scope}/mixed/Transpose", "Transpose", [mixed], perm=[0, 2, 1, 3])
    mixed = g.node(f"/{scope}/mixed/Reshape", "Reshape", [mixed, g.whole(f"{scope}.mixed", [1, tokens, channels])])
    mixed = g.quantise(f"{scope}.mix_quan", mixed, 0.1)
    return g.quantise(f"{scope}.proj_quan", g.linear(f"{scope}.proj", mixed, channels, channels), 0.1)


def mlp(g, scope, x, channels, hidden, activation):
    """Two synaptic layers with a function between them."""
    x = g.linear(f"{scope}.fc1", x, channels, hidden)
    x = g.node(f"/{scope}.act/{activation}", activation, [x])
    x = g.quantise(f"{scope}.act_quan", x, 0.2, signed=activation != "Relu")
    return g.quantise(f"{scope}.fc2_quan", g.linear(f"{scope}.fc2", x, hidden, channels), 0.1)


def vision_transformer(a):
    """The file of a pre-norm Vision Transformer with a class token."""
    g = Graph(a)
    side = a.image // a.patch
    tokens, patch = side * side + 1, a.colours * a.patch * a.patch
    kernel = g.weights("patch", [a.channels, a.colours, a.patch, a.patch], patch)
    bias = g.normal("patch.bias", [a.channels], 0, 0.1)
    size = [a.patch, a.patch]
    x = g.node("/patch/Conv", "Conv", ["input", kernel, bias], kernel_shape=size, strides=size)
    x = g.shaped("patch_rows", x, [1, a.channels, side * side], [0, 2, 1])
    x = g.quantise("patch_quan", x, 0.2)
    token = g.normal("class_token", [1, 1, a.channels], 0, 0.5)
    x = g.node("/tokens/Concat", "Concat", [token, x], axis=1)
    x = g.node("/positions/Add", "Add", [x, g.normal("positions", [1, tokens, a.channels], 0, 0.2)])
    for n in range(a.blocks):
        y = g.norm(f"blocks.{n}.norm1", x, a.channels)
        y = attention(g, f"blocks.{n}.attn", y, tokens, a.channels, a.heads)
        x = g.node(f"/blocks.{n}/Add", "Add", [x, y])
        y = g.norm(f"blocks.{n}.norm2", x, a.channels)
        y = mlp(g, f"blocks.{n}.mlp", y, a.channels, a.mlp_ratio * a.channels, a.activation)
        x = g.node(f"/blocks.{n}/Add_1", "Add", [x, y])
    x = g.norm("norm", x, a.channels)
    x = g.node("/pool/Gather", "Gather", [x, g.tensor("pool.index", [], INT64, array("q", [0]))], axis=1)
    logits = g.linear("head", x, a.channels, a.classes)
    return g.model(value_info("input", [1, a.colours, a.image, a.image]), value_info(logits, [1, a.classes]))


def arguments(description, sizes):
    """The arguments: the network's own sizes (name, default, text), and those of every Transformer."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("output", metavar="FILE.onnx")
    for name, value, text in (
        *sizes,
        ("mlp-ratio", 4, "hidden channels of an MLP by those of a token"),
        ("weight-bits", 4, "bits of a weight, 2 to 8"),
        ("levels", 16, "levels of an activation, a power of two"),
        ("seed", 1, "of the random parameters"),
    ):
        parser.add_argument(f"--{name}", type=int, default=value, metavar="N", help=f"{text} ({value})")
    parser.add_argument("--activation", choices=["Relu", "Gelu"], default="Relu", help="of the MLP (Relu)")
    a = parser.parse_args()
    counts = [getattr(a, name.replace("-", "_")) for name, _, _ in sizes] + [a.mlp_ratio]
    if min(counts) < 1 or a.channels % a.heads:
        parser.error("sizes must be at least 1, heads divide the channels")
    if not 2 <= a.weight_bits <= 8 or a.levels < 2 or a.levels & (a.levels - 1):
        parser.error("weights have 2 to 8 bits, activations a power of two of levels, at least 2")
    return a, parser


def main():
    """Reads the arguments and writes the file."""
    a, parser = arguments(
        __doc__.splitlines()[0],
        (
            ("image", 224, "height and width of an image"),
            ("colours", 3, "its colours"),
            ("patch", 16, "height and width of a patch"),
            ("channels", 384, "channels of a token"),
            ("heads", 6, "heads of attention"),
            ("blocks", 12, "blocks of attention and MLP"),
            ("classes", 1000, "logits"),
        ),
    )
    if a.image % a.patch:
        parser.error("patches divide the image")
    with open(a.output, "wb") as file:
        file.write(vision_transformer(a))


if __name__ == "__main__":
    main()
