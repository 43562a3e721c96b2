#!/usr/bin/env python3
"""One Vision Transformer with random weights in SpikingJelly and in snn2rtl: speed, and agreement with the quantised network.

    python3 -m venv env && env/bin/pip install torch numpy onnx onnxscript spikingjelly==2.0.0
    env/bin/python scripts/compare_spikingjelly.py --snn2rtl target/release/snn2rtl            # the size of ViT-Small/16
    env/bin/python scripts/compare_spikingjelly.py --image 32 --patch 8 --channels 64 --heads 4 --blocks 2 --classes 10

SpikingJelly converts the network with `SpikeZIPTFQANNRecipe` and runs it for `--time-steps` time-steps, all of them in one
call (its multi-step mode), in float32. snn2rtl reads the same network as ONNX and runs the golden model in the settled
schedule, with the levels of all neurons. Both use the same processor cores, one after the other.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time
import warnings

import numpy as np
import torch
from spikingjelly.activation_based import functional
from spikingjelly.activation_based.ann2snn import ModuleConverter, SpikeZIPTFQANNRecipe
from torch import nn


class Quantiser(nn.Module):
    """A uniform quantiser in the form that the recipe reads: floor(x/s + 1/2), clipped, times s."""

    def __init__(self, level, sym=True):
        super().__init__()
        self.level, self.sym = level, sym
        self.register_buffer("s", torch.tensor(0.0))
        self.register_buffer("pos_max", torch.tensor(float(level // 2 - 1 if sym else level - 1)))
        self.register_buffer("neg_min", torch.tensor(float(-level // 2 if sym else 0)))

    def forward(self, x):
        if self.s == 0:
            # The first values choose the scale: a power of two near that of LSQ.
            scale = 2 * x.abs().mean() / float(self.pos_max) ** 0.5
            self.s.copy_(2.0 ** torch.round(torch.log2(scale)))
        return torch.clamp(torch.floor(x / self.s + 0.5), float(self.neg_min), float(self.pos_max)) * self.s


class Attention(nn.Module):
    """Self-attention with the names that the recipe looks for."""

    def __init__(self, channels, heads, level):
        super().__init__()
        self.num_heads, self.head_dim = heads, channels // heads
        self.scale = self.head_dim**-0.5
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.quan_q, self.quan_k, self.quan_v = Quantiser(level), Quantiser(level), Quantiser(level)
        self.attn_quan = Quantiser(level, sym=False)
        self.after_attn_quan, self.quan_proj = Quantiser(level), Quantiser(level)
        self.attn_drop = self.proj_drop = nn.Identity()

    def forward(self, x):
        batch, tokens, channels = x.shape
        parts = self.qkv(x).reshape(batch, tokens, 3, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        q, k, v = self.quan_q(parts[0]), self.quan_k(parts[1]), self.quan_v(parts[2])
        weights = self.attn_quan(((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1))
        mixed = self.after_attn_quan(weights @ v)
        return self.quan_proj(self.proj(mixed.transpose(1, 2).reshape(batch, tokens, channels)))


class Block(nn.Module):
    """A pre-norm block."""

    def __init__(self, channels, heads, level):
        super().__init__()
        self.norm1 = nn.Sequential(nn.LayerNorm(channels), Quantiser(level))
        self.attn = Attention(channels, heads, level)
        self.norm2 = nn.Sequential(nn.LayerNorm(channels), Quantiser(level))
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.ReLU(), Quantiser(level, sym=False),
            nn.Linear(4 * channels, channels), Quantiser(level))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """A quantised Vision Transformer with the names that the recipe looks for."""

    def __init__(self, a):
        super().__init__()
        tokens = (a.image // a.patch) ** 2 + 1
        self.patch_embed = PatchEmbed(a.channels, a.patch, a.levels)
        self.cls_token = nn.Parameter(torch.randn(1, 1, a.channels) * 0.5)
        self.pos_embed = nn.Parameter(torch.randn(1, tokens, a.channels) * 0.2)
        self.blocks = nn.Sequential(*(Block(a.channels, a.heads, a.levels) for _ in range(a.blocks)))
        self.norm = nn.Sequential(nn.LayerNorm(a.channels), Quantiser(a.levels))
        self.head = nn.Linear(a.channels, a.classes)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(len(x), -1, -1), x), dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class PatchEmbed(nn.Module):
    """Patches as rows; its norm is the quantiser, as in SpikeZIP-TF's models."""

    def __init__(self, channels, patch, level):
        super().__init__()
        self.proj = nn.Conv2d(3, channels, patch, patch)
        self.norm = Quantiser(level)

    def forward(self, x):
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


def on_a_grid(model, bits):
    """Rounds the weights of all layers to so many bits, with a power of two as the scale of a layer."""
    most = 2 ** (bits - 1) - 1
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            weight = module.weight.data
            weight.normal_(0, weight[0].numel() ** -0.5)
            scale = 2.0 ** torch.ceil(torch.log2(3 * weight.std() / most))
            weight.copy_(torch.clamp(torch.round(weight / scale), -most, most) * scale)


def spikes(snn, images, steps):
    """Logits at the last time-step and seconds of an image: the input is applied in the first time-step."""
    logits, seconds = [], []
    functional.set_step_mode(snn, "m")
    for image in images:
        functional.reset_net(snn)
        snn.reset()
        sequence = torch.zeros(steps, 1, *image.shape)
        sequence[0, 0] = image
        begin = time.perf_counter()
        logits.append(snn(sequence).sum(0)[0])
        seconds.append(time.perf_counter() - begin)
    return torch.stack(logits), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name, value in (("image", 224), ("patch", 16), ("channels", 384), ("heads", 6), ("blocks", 12), ("classes", 1000),
                        ("levels", 16), ("weight-bits", 4), ("time-steps", 64), ("samples", 2), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--snn2rtl", default="snn2rtl", help="the program")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the ONNX file, the images and the converted model")
    a = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(a.threads)
    torch.set_grad_enabled(False)
    warnings.filterwarnings("ignore")
    model = VisionTransformer(a).eval()
    on_a_grid(model, a.weight_bits)
    raw = np.random.default_rng(1).integers(0, 256, (a.samples, 3, a.image, a.image), np.uint8)
    images = (torch.from_numpy(raw).float() / 255 - 0.5) / 0.5
    # Chooses the scales.
    model(images[:1])

    begin = time.perf_counter()
    quantised = torch.cat([model(image[None]) for image in images])
    qann = (time.perf_counter() - begin) / a.samples
    snn = ModuleConverter(SpikeZIPTFQANNRecipe(time_steps=a.time_steps, model_family="vit")).convert(model)
    converted, seconds = spikes(snn, images, a.time_steps)

    with tempfile.TemporaryDirectory() as scratch:
        folder = a.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        onnx, snn_file = folder / "vit.onnx", folder / "vit.snn"
        torch.onnx.export(model, (images[:1],), str(onnx), opset_version=17, dynamo=False, input_names=["input"])
        np.save(folder / "images.npy", raw)
        tool = [a.snn2rtl]
        subprocess.run(tool + ["convert", onnx, "-o", snn_file, "--input", "u8", "--mean", "0.5", "--std", "0.5"], check=True,
                       stdout=subprocess.DEVNULL)
        command = tool + ["run", snn_file, "--inputs", folder / "images.npy", "--schedule", "settled", "--code", "radix", "--json"]
        threads = dict(os.environ, RAYON_NUM_THREADS=str(a.threads))
        run = json.loads(subprocess.run(command, check=True, capture_output=True, env=threads).stdout)

    own = 1 / run["samples_per_second"] if run.get("samples_per_second") else None
    theirs = sum(seconds) / len(seconds)
    agree = (converted.argmax(1) == quantised.argmax(1)).double().mean().item()
    print(json.dumps({
        "samples": a.samples,
        "time_steps": a.time_steps,
        "seconds_qann_float32": qann,
        "seconds_spikingjelly": theirs,
        "seconds_snn2rtl": own,
        "ratio": theirs / own if own else None,
        "spikingjelly_classes_of_the_qann": agree,
        "spikingjelly_largest_logit_difference": (converted - quantised).abs().max().item(),
        "snn2rtl_neurons_checked": run.get("neurons_checked"),
        "snn2rtl_one_shot_mismatches": run.get("one_shot_mismatches"),
    }, indent=2))


if __name__ == "__main__":
    main()
