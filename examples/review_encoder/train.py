"""Trains the quantised text encoder, exports it to ONNX and writes the float64 reference.

    python train.py

Writes vocabulary.txt, review_encoder.onnx and sample/{ids,labels}.npy, sample/reference.npz beside
this file.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from network import ReviewEncoder
from words import UNKNOWN, SPECIAL, encode, make_vocabulary

from lsq import record
from residual import bake, snap
from reviews import DATA, load, split

HERE = Path(__file__).resolve().parent
# Sentences of which the reference holds every level.
LEVELS = 128


def with_unknown_words(ids, rate, generator):
    """Makes some words unknown: word dropout."""
    chosen = (torch.rand(ids.shape, generator=generator) < rate) & (ids >= len(SPECIAL))
    return torch.where(chosen, UNKNOWN, ids)


def train(ids, ratings, words, args):
    """Quantisation-aware training with AdamW, warm-up and a cosine learning rate.

    The target is a probability that grows with the mean rating. With `--residual-scales pow2` the residual scales are
    s·2^k for the last fifth of the epochs.
    """
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    x = torch.as_tensor(ids.astype(np.int64))
    positive = torch.sigmoid(torch.as_tensor(ratings, dtype=torch.float32) * args.steep)
    y = torch.stack([1 - positive, positive], dim=1)
    model = ReviewEncoder(words, dropout=args.dropout).train()
    model(x[:1024])  # sets the scales

    # Weight scales are about a hundredth of the other parameters and move accordingly.
    slow = [p for name, p in model.named_parameters() if name.endswith("quan_w.s")]
    plain = [p for name, p in model.named_parameters() if not name.endswith("quan_w.s") and p.dim() < 2]
    decayed = [p for name, p in model.named_parameters() if p.dim() >= 2]
    rates = [args.rate, args.rate, 1e-5]
    optimiser = torch.optim.AdamW(
        [
            {"params": decayed, "lr": args.rate, "weight_decay": args.decay},
            {"params": plain, "lr": args.rate, "weight_decay": 0.0},
            {"params": slow, "lr": 1e-5, "weight_decay": 0.0},
        ]
    )
    batches = len(x) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rates, total_steps=args.epochs * batches, pct_start=0.1
    )
    for epoch in range(args.epochs):
        if args.residual_scales == "pow2" and epoch == args.epochs * 4 // 5:
            snap(model.residual_quantisers(), [grid for grid, _ in model.residual_constants()])
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for i in range(batches):
            index = order[i * args.batch : (i + 1) * args.batch]
            loss = F.cross_entropy(model(with_unknown_words(x[index], args.unknown, generator)), y[index])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:3d}  loss {total / batches:.4f}", flush=True)
    bake(model.residual_constants())
    return model.eval()


@torch.no_grad()
def reference(model, ids, labels):
    """Logits, levels and accuracy of the same f32 parameters evaluated in float64."""
    double = ReviewEncoder(model.words.num_embeddings).double()
    double.load_state_dict(model.state_dict())
    double.eval()
    x = torch.as_tensor(ids.astype(np.int64))
    logits = torch.cat([double(part) for part in x.split(250)])
    _, levels = record(double, x[:LEVELS])
    values = {f"level/{name}": level.numpy() for name, level in levels.items()}
    values["logits"] = logits.numpy()
    values["accuracy"] = np.float64((logits.argmax(1).numpy() == labels).mean())
    return values


def export(model, path):
    """Writes the graph as the TorchScript exporter gives it; the batch size is dynamic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (torch.ones(1, model.positions.num_embeddings, dtype=torch.int64),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["ids"],
            output_names=["logits"],
            dynamic_axes={"ids": {0: "batch"}, "logits": {0: "batch"}},
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the written files")
    parser.add_argument("--words", type=int, default=2048, help="size of the vocabulary")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--unknown", type=float, default=0.15, help="share of the words made unknown")
    parser.add_argument("--steep", type=float, default=1.0, help="logit of the target for a rating of 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--residual-scales", choices=["learned", "pow2"], default="learned", help="pow2: all are s·2^k, so sums are exact"
    )
    args = parser.parse_args()

    sentences, ratings = load(args.data)
    training, test = split(len(sentences))
    vocabulary = make_vocabulary([sentences[i] for i in training], args.words)
    model = train(encode([sentences[i] for i in training], vocabulary), ratings[training], len(vocabulary), args)

    ids = encode([sentences[i] for i in test], vocabulary)
    labels = (ratings[test] > 0).astype(np.uint8)
    values = reference(model, ids, labels)
    print(f"test accuracy {100 * values['accuracy']:.2f} % of {len(labels)} sentences (float64)")

    sample = args.out / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    (args.out / "vocabulary.txt").write_text("".join(f"{word}\n" for word in vocabulary), encoding="utf-8")
    np.save(sample / "ids.npy", ids)
    np.save(sample / "labels.npy", labels)
    np.savez_compressed(sample / "reference.npz", **values)
    export(model, args.out / "review_encoder.onnx")


if __name__ == "__main__":
    main()
