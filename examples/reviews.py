"""Movie reviews with ratings, and their split, for the examples `review_encoder` and `minilm_reviews`."""

import gzip
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "review_encoder" / "movie_review_snippets.tsv.gz"
# Sentences of the test split.
TEST = 1500
# Sentences whose mean rating is nearer to 0 are left out.
NEUTRAL = 0.5


def load(path=DATA):
    """Sentences and mean ratings, -4 to 4."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    rows = [(sentence, float(rating)) for _, rating, sentence in rows]
    rows = [row for row in rows if abs(row[1]) >= NEUTRAL]
    return [row[0] for row in rows], np.array([row[1] for row in rows])


def split(count, seed=0):
    """Indices of the training and of the test sentences."""
    order = np.random.default_rng(seed).permutation(count)
    return order[TEST:], order[:TEST]
