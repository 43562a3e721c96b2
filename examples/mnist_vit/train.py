"""Trains the quantised Vision Transformer, exports it to ONNX and writes the float64 reference.

    python train.py --data ../mnist_mlp/data

Writes mnist_vit.onnx and sample/{images,labels}.npy, sample/reference.npz beside this file.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from network import MnistVit, normalise

from lsq import record
from mnist import distort, load
from residual import bake, snap

HERE = Path(__file__).resolve().parent
# Samples of which the reference holds every level.
LEVELS = 256


def train(images, labels, epochs, batch, seed, scales):
    """Quantisation-aware training with Adam, warm-up and a cosine learning rate.

    With `scales` "pow2" the residual scales are s·2^k for the last fifth of the epochs.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    x, y = normalise(images), torch.as_tensor(labels).long()
    model = MnistVit().train()
    model(x[:1024])  # sets the scales

    # Weight scales are about a hundredth of the other parameters and move accordingly.
    slow = [p for name, p in model.named_parameters() if name.endswith("quan_w.s")]
    fast = [p for name, p in model.named_parameters() if not name.endswith("quan_w.s")]
    optimiser = torch.optim.Adam([{"params": fast, "lr": 1.5e-3}, {"params": slow, "lr": 1e-5}])
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [1.5e-3, 1e-5], total_steps=steps, pct_start=0.1
    )
    for epoch in range(epochs):
        if scales == "pow2" and epoch == epochs * 4 // 5:
            snap(model.residual_quantisers(), [grid for grid, _ in model.residual_constants()])
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for i in range(len(x) // batch):
            index = order[i * batch : (i + 1) * batch]
            loss = F.cross_entropy(model(distort(x[index], generator)), y[index])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:3d}  loss {total / (len(x) // batch):.4f}", flush=True)
    bake(model.residual_constants())
    return model.eval()


@torch.no_grad()
def reference(model, images, labels):
    """Logits, levels and accuracy of the same f32 parameters evaluated in float64."""
    double = MnistVit().double()
    double.load_state_dict(model.state_dict())
    double.eval()
    x = normalise(images, torch.float64)
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
            (torch.zeros(1, 1, 28, 28),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["input"],
            output_names=["logits"],
            dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the digits")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the written files")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--residual-scales", choices=["learned", "pow2"], default="learned", help="pow2: all are s·2^k, so sums are exact"
    )
    args = parser.parse_args()

    model = train(*load(args.data, "train"), args.epochs, args.batch, args.seed, args.residual_scales)
    images, labels = load(args.data, "test")
    values = reference(model, images, labels)
    print(f"test accuracy {100 * values['accuracy']:.2f} % of {len(labels)} images (float64)")

    sample = args.out / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    np.save(sample / "images.npy", images)
    np.save(sample / "labels.npy", labels)
    np.savez_compressed(sample / "reference.npz", **values)
    export(model, args.out / "mnist_vit.onnx")


if __name__ == "__main__":
    main()
