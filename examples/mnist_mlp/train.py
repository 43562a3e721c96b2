"""Trains the quantised MLP, exports it to ONNX and writes the float64 reference.

    python train.py --data data

Writes mnist_mlp.onnx and sample/{images,labels}.npy, sample/reference.npz beside this file.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from export import check, export_torchscript
from network import MnistMlp, normalise

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from mnist import distort, load  # noqa: E402


def train(images, labels, epochs, batch, seed):
    """Quantisation-aware training with Adam and a cosine learning rate."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    x, y = normalise(images), torch.as_tensor(labels).long()
    model = MnistMlp()
    model.act1.initialise(model.preactivation(x[:1024]))

    # Weight scales are about a hundredth of the other parameters and move accordingly.
    scales = [p for name, p in model.named_parameters() if name.endswith("quan_w.s")]
    others = [p for name, p in model.named_parameters() if not name.endswith("quan_w.s")]
    optimiser = torch.optim.Adam(
        [{"params": others, "lr": 2e-3}, {"params": scales, "lr": 2e-5}]
    )
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for i in range(len(x) // batch):
            index = order[i * batch : (i + 1) * batch]
            loss = F.cross_entropy(model(distort(x[index], generator)), y[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        if epoch % 10 == 9 or epoch == epochs - 1:
            print(f"epoch {epoch + 1:3d}  loss {total / (len(x) // batch):.4f}", flush=True)
    return model.eval()


@torch.no_grad()
def reference(model, images, labels):
    """Logits, levels and accuracy of the same f32 parameters evaluated in float64."""
    double = MnistMlp().double()
    double.load_state_dict(model.state_dict())
    x = normalise(images, torch.float64)
    logits = double(x)
    levels, _ = double.act1.levels(double.preactivation(x))
    return {
        "logits": logits.numpy(),
        "level/act1": levels.numpy().astype(np.int8),
        "accuracy": np.float64((logits.argmax(1).numpy() == labels).mean()),
    }


@torch.no_grad()
def distance_to_tie(model, images):
    """Smallest distance of x/s + 1/2 to an integer, over inner boundaries, by quantiser."""
    double = MnistMlp().double()
    double.load_state_dict(model.state_dict())
    x = double.preactivation(normalise(images, torch.float64))
    cases = {
        "fc1/quan_w": (double.fc1.quan_w, double.fc1.weight),
        "act1": (double.act1, x),
        "fc2/quan_w": (double.fc2.quan_w, double.fc2.weight),
    }
    result = {}
    for name, (quantiser, value) in cases.items():
        ratio = quantiser.levels(value)[1]
        boundary = torch.round(ratio)
        inner = (boundary > quantiser.qmin) & (boundary <= quantiser.qmax)
        result[name] = (ratio - boundary).abs()[inner].min().item()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder of the digits")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the written files")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()

    model = train(*load(args.data, "train"), args.epochs, args.batch, args.seed)
    images, labels = load(args.data, "test")
    values = reference(model, images, labels)
    print(f"test accuracy {100 * values['accuracy']:.2f} % of {len(labels)} images (float64)")
    for name, distance in distance_to_tie(model, images).items():
        print(f"nearest level boundary of {name}: {distance:.3g} of a level")

    sample = args.out / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    np.save(sample / "images.npy", images)
    np.save(sample / "labels.npy", labels)
    np.savez_compressed(sample / "reference.npz", **values)
    path = args.out / "mnist_mlp.onnx"
    export_torchscript(model, path)
    print(check(path, model, images, values))


if __name__ == "__main__":
    main()
