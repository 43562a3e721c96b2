#!/usr/bin/env python3
"""Writes a text encoder of any size with random parameters as an ONNX model, for scaling experiments.

    scripts/make_text_encoder.py roberta.onnx                       # the size of RoBERTa-base, 128 tokens, 2 classes
    scripts/make_text_encoder.py small.onnx --words 100 --tokens 6 --channels 16 --heads 2 --blocks 1

Word and position embeddings, LayerNorm, post-norm blocks, padding (word 0) masked, logits of the first token. The same
arguments give the same bytes. Needs nothing but Python. `snn2rtl convert roberta.onnx --input tokens`.
"""

from array import array

from make_vit import INT64, Graph, arguments, attention, mlp, value_info

TABLE = 4096


def table(g, name, rows, channels, deviation):
    """Random floats of an embedding: rows of a smaller random table, each rotated by another distance."""
    values = array("f", (g.random.gauss(0, deviation) for _ in range(min(rows, TABLE) * channels)))
    data = bytearray()
    for row in range(rows):
        own = values[row % TABLE * channels : (row % TABLE + 1) * channels]
        turn = row // TABLE % channels
        data += (own[turn:] + own[:turn]).tobytes()
    return g.tensor(name, [rows, channels], 1, data)


def text_encoder(a):
    """The file of a post-norm Transformer encoder with a padding mask."""
    g = Graph(a)
    zero = g.tensor("padding.word", [], INT64, array("q", [0]))
    padding = g.node("/padding/Equal", "Equal", ["ids", zero])
    padding = g.node("/padding/Unsqueeze", "Unsqueeze", [padding, g.whole("padding.axes", [1, 2])])
    x = g.node("/words/Gather", "Gather", [table(g, "words", a.words, a.channels, 0.5), "ids"], axis=0)
    x = g.node("/positions/Add", "Add", [x, g.normal("positions", [1, a.tokens, a.channels], 0, 0.2)])
    x = g.norm("norm", x, a.channels)
    for n in range(a.blocks):
        y = attention(g, f"blocks.{n}.attn", x, a.tokens, a.channels, a.heads, padding)
        x = g.norm(f"blocks.{n}.norm1", g.node(f"/blocks.{n}/Add", "Add", [x, y]), a.channels)
        y = mlp(g, f"blocks.{n}.mlp", x, a.channels, a.mlp_ratio * a.channels, a.activation)
        x = g.norm(f"blocks.{n}.norm2", g.node(f"/blocks.{n}/Add_1", "Add", [x, y]), a.channels)
    x = g.node("/pool/Gather", "Gather", [x, g.tensor("pool.index", [], INT64, array("q", [0]))], axis=1)
    logits = g.linear("head", x, a.channels, a.classes)
    ids = value_info("ids", [1, a.tokens], INT64)
    return g.model(ids, value_info(logits, [1, a.classes]), "text", "make_text_encoder.py")


def main():
    """Reads the arguments and writes the file."""
    a, _ = arguments(
        __doc__.splitlines()[0],
        (
            ("words", 50265, "words of the vocabulary"),
            ("tokens", 128, "tokens of a text"),
            ("channels", 768, "channels of a token"),
            ("heads", 12, "heads of attention"),
            ("blocks", 12, "blocks of attention and MLP"),
            ("classes", 2, "logits"),
        ),
    )
    with open(a.output, "wb") as file:
        file.write(text_encoder(a))


if __name__ == "__main__":
    main()
