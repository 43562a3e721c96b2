"""Accuracy of the float, the quantised and the spiking MiniLM, and the levels of the latter two.

    python evaluate.py --trained trained --snn2rtl ../../target/release/snn2rtl --sentences 100

Classifies all test sentences with the float network and, in float64, with the quantised one. Of the first
`--sentences`, all levels of the spiking network (`snn2rtl run`, settled schedule, radix spikes) are compared
with those in float64. Writes accuracy.json, and a few sentences with their levels to sample/. Figures of
`snn2rtl run` are kept in the folder `--trained`, so a second call with more sentences goes on.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import torch

from network import MiniLM
from train import accuracy, classify, switch_off

from lsq import record

HERE = Path(__file__).resolve().parent
# Fraction bits of residual sums, LayerNorm and softmax: a few more than usual, for a sentence has two million neurons.
FRACTION_BITS = "27,26,28,32"
# Sentences of a run of snn2rtl, and of sample/reference.npz.
CHUNK, SAMPLE = 25, 2


def load(path, double):
    """The network with these parameters."""
    model = MiniLM()
    model.load_state_dict(torch.load(path, weights_only=True))
    return (model.double() if double else model).eval()


def reference(model, ids, path):
    """Writes the levels and logits of sentences with all their padding."""
    logits, levels = record(model, ids)
    values = {f"level/{name}": level.numpy() for name, level in levels.items()}
    np.savez_compressed(path, logits=logits.numpy(), **values)


def spiking(args, model, first, ids, labels):
    """The figures of `snn2rtl run` on sentences, compared with float64."""
    files = {name: args.trained / f"chunk_{name}" for name in ("ids.npy", "labels.npy", "reference.npz")}
    np.save(files["ids.npy"], ids.numpy().astype(np.uint16))
    np.save(files["labels.npy"], labels.numpy().astype(np.uint8))
    reference(model, ids, files["reference.npz"])
    command = [args.snn2rtl, "run", args.trained / "minilm_reviews.snn", "--inputs", files["ids.npy"]]
    command += ["--labels", files["labels.npy"], "--reference", files["reference.npz"], "--json"]
    command += ["--schedule", "settled", "--code", "radix"] + (["--threads", str(args.threads)] if args.threads else [])
    figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    for file in files.values():
        file.unlink()
    names = ("accuracy", "neurons_checked", "one_shot_mismatches", "reference_neurons_checked")
    names += ("reference_mismatched_neurons", "reference_mismatched_samples", "reference_mismatched_classes")
    return {"first": first, "sentences": len(ids), **{name: figures[name] for name in names}}


def summary(chunks, quantised):
    """Figures of all sentences that were run, and the accuracy of the quantised network on the same ones."""
    sums = {name: sum(chunk[name] for chunk in chunks) for name in chunks[0] if name not in ("first", "accuracy")}
    right = sum(round(chunk["accuracy"] * chunk["sentences"]) for chunk in chunks)
    return {**sums, "accuracy": right / sums["sentences"], "quantised_float64_accuracy_of_these": quantised}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trained", type=Path, default=Path("trained"), help="folder that train.py has written")
    parser.add_argument("--snn2rtl", default="snn2rtl", help="the program")
    parser.add_argument("--sentences", type=int, default=100, help="sentences of the spiking network")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of accuracy.json and sample/")
    parser.add_argument("--only-reference", type=Path, metavar="NPZ", help="write logits and levels in float64, no more")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    ids = torch.as_tensor(np.load(args.trained / "ids.npy").astype(np.int64))
    labels = torch.as_tensor(np.load(args.trained / "labels.npy").astype(np.int64))
    quantised = load(args.trained / "quantised.pt", double=True)
    if args.only_reference:
        reference(quantised, ids[: args.sentences], args.only_reference)
        return

    single = load(args.trained / "float.pt", double=False)
    switch_off(single)
    figures = {"sentences": len(ids), "float": accuracy(classify(single, ids), labels)}
    logits = classify(quantised, ids)
    figures["quantised_float64"] = accuracy(logits, labels)
    print(json.dumps(figures), flush=True)

    model = args.trained / "minilm_reviews.snn"
    if not model.exists():
        onnx = args.trained / "minilm_reviews.onnx"
        command = [args.snn2rtl, "convert", onnx, "--input", "tokens", "--fraction-bits", FRACTION_BITS, "-o", model]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    kept = args.trained / "spiking.json"
    chunks = json.loads(kept.read_text()) if kept.exists() else []
    done = sum(chunk["sentences"] for chunk in chunks)
    while done < min(args.sentences, len(ids)):
        part = slice(done, min(done + CHUNK, args.sentences, len(ids)))
        chunks.append(spiking(args, quantised, done, ids[part], labels[part]))
        kept.write_text(json.dumps(chunks, indent=1) + "\n")
        print(json.dumps(chunks[-1]), flush=True)
        done = part.stop
        figures["spiking"] = summary(chunks, accuracy(logits[:done], labels[:done]))
        (args.out / "accuracy.json").write_text(json.dumps(figures, indent=1) + "\n")
    sample = args.out / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    np.save(sample / "ids.npy", ids.numpy().astype(np.uint16))
    np.save(sample / "labels.npy", labels.numpy().astype(np.uint8))
    reference(quantised, ids[:SAMPLE], sample / "reference.npz")


if __name__ == "__main__":
    main()
