"""Trains a convolutional network of LIF neurons on events of moving digits, and exports it to NIR.

    python train.py --data data

Writes events.nir and sample/{events,labels}.npy, sample/reference.npz beside this file. `data` is that of
examples/mnist_mlp. Needs torch, spikingjelly 2.0, nir, nirtorch, h5py.
"""

import argparse
import copy
import sys
from pathlib import Path

import nir
import numpy as np
import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from spikingjelly.activation_based.nir_exchange import export_to_nir
from torch.nn import functional as F

from events import events

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from mnist import load  # noqa: E402

SAMPLES = 500


def network():
    lif = lambda: neuron.LIFNode(
        tau=2.0, decay_input=False, v_reset=0.0, detach_reset=True, surrogate_function=surrogate.ATan()
    )
    net = torch.nn.Sequential(
        layer.Conv2d(2, 8, 3, stride=2, padding=1, bias=False),
        lif(),
        layer.Conv2d(8, 16, 3, stride=2, padding=1, bias=False),
        lif(),
        layer.Flatten(),
        layer.Linear(256, 10, bias=False),
        lif(),
    )
    functional.set_step_mode(net, "m")
    return net


def counts(net, frames):
    """Numbers of spikes of the last layer for event frames [N, T, 2, H, W]."""
    functional.reset_net(net)
    dtype = next(net.parameters()).dtype
    return net(torch.as_tensor(np.moveaxis(frames, 1, 0)).to(dtype)).sum(0)


def train(frames, labels, epochs, seed):
    torch.manual_seed(seed)
    net = network()
    optimiser = torch.optim.Adam(net.parameters(), lr=4e-3)
    batch = 100
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * (len(frames) // batch))
    labels = torch.as_tensor(labels).long()
    for epoch in range(epochs):
        order = torch.randperm(len(frames))
        total = 0.0
        for part in order.split(batch)[: len(frames) // batch]:
            loss = F.cross_entropy(counts(net, frames[part]), labels[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:3d}  loss {total / (len(frames) // batch):.4f}", flush=True)
    return net.eval()


@torch.no_grad()
def reference(net, frames):
    """Spikes of all neurons in all time-steps, and their numbers in the last layer, in float64."""
    net = copy.deepcopy(net).double()
    functional.reset_net(net)
    x = torch.as_tensor(np.moveaxis(frames, 1, 0)).double()
    arrays = {}
    for number, module in enumerate(net):
        x = module(x)
        if isinstance(module, neuron.BaseNode):
            arrays[f"level/_{number}"] = np.moveaxis(x.numpy(), 0, 1).astype(np.uint8)
    return arrays | {"logits": x.sum(0).numpy()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    images, labels = load(arguments.data, "train")
    net = train(events(images, 1), labels, arguments.epochs, arguments.seed)

    images, labels = load(arguments.data, "test")
    frames = events(images, 2)
    with torch.no_grad():
        classes = counts(net, frames).argmax(1).numpy()
    print(f"accuracy {100 * (classes == labels).mean():.2f} % of {len(labels)}, {frames.mean():.3f} events a pixel")
    example = torch.zeros(frames.shape[1], 1, *frames.shape[2:])
    functional.reset_net(net)
    nir.write(HERE / "events.nir", export_to_nir(copy.deepcopy(net), example))
    sample = HERE / "sample"
    sample.mkdir(exist_ok=True)
    np.savez_compressed(sample / "events.npz", events=frames[:SAMPLES], labels=labels[:SAMPLES])
    np.savez_compressed(sample / "reference.npz", **reference(net, frames[:32]))


if __name__ == "__main__":
    main()
