"""Sentences to token ids."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

PADDING, UNKNOWN, CLASS = 0, 1, 2
SPECIAL = ["<pad>", "<unk>", "<cls>"]
# Tokens of a sentence with <cls> before it; longer sentences are cut.
POSITIONS = 32


def split(sentence):
    """The words of a sentence in small letters, and its marks of exclamation and question."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?|[!?]", sentence.lower())


def make_vocabulary(sentences, size):
    """The most frequent words after the special ones; of equally frequent ones, in alphabetical order."""
    counts = Counter(word for sentence in sentences for word in split(sentence))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return SPECIAL + ranked[: size - len(SPECIAL)]


def load_vocabulary(path):
    """One word per line; the line is the id."""
    return Path(path).read_text(encoding="utf-8").split("\n")[:-1]


def encode(sentences, vocabulary):
    """Token ids, u16 [N, POSITIONS]: <cls>, the words, padding."""
    ids = {word: i for i, word in enumerate(vocabulary)}
    encoded = np.full((len(sentences), POSITIONS), PADDING, dtype=np.uint16)
    for row, sentence in zip(encoded, sentences):
        words = [ids.get(word, UNKNOWN) for word in split(sentence)]
        tokens = [CLASS, *words][:POSITIONS]
        row[: len(tokens)] = tokens
    return encoded
