#!/usr/bin/env python3
"""Writes the foldings of the designs that `snn2rtl targets --examples` evaluates: src/flow/board_fit/foldings.json.

    scripts/example_foldings.py target/release/snn2rtl

For each example the program explores the designs of both architectures between the smallest and the fastest, with the
spikes of two samples; those on the frontier of cycles and look-up tables are taken, and the smallest and fastest of each
architecture. To be run after changes of modules or of the scheduler that make other foldings better; old ones stay valid, for what a design
takes is worked out when it is asked for.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = {
    "mnist_mlp": ("images", ["--input", "u8", "--mean", "0.1307", "--std", "0.3081"]),
    "mnist_vit": ("images", ["--input", "u8", "--mean", "0.5", "--std", "0.5"]),
    "review_encoder": ("ids", ["--input", "tokens"]),
}


def foldings(program, name, samples, arguments, folder):
    """The folding of each design of an example."""
    example, model = ROOT / "examples" / name, f"{folder}/{name}.snn"
    convert = [program, "convert", example / f"{name}.onnx", "-o", model, *arguments]
    subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
    calibrate = ["--calibrate", example / f"sample/{samples}.npy", "--calibration-samples", "2"]
    done = subprocess.run([program, "explore", model, *calibrate, "--json"], check=True, capture_output=True)
    designs = json.loads(done.stdout)["designs"]
    streaming = [design for design in designs if design["folding"].get("architecture") != "overlay"]
    ends = [some[n] for some in (streaming, [d for d in designs if d not in streaming]) for n in (0, -1)]
    return [design["folding"] for design in designs if design["on_frontier"] or design in ends]


def main():
    """Explores all examples and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="snn2rtl")
    program = parser.parse_args().program
    with tempfile.TemporaryDirectory() as folder:
        found = {name: foldings(program, name, *example, folder) for name, example in EXAMPLES.items()}
    # A line for each design.
    def line(design):
        return "  " + json.dumps(design, separators=(",", ":"))

    lists = [f' "{name}": [\n' + ",\n".join(map(line, designs)) + "\n ]" for name, designs in found.items()]
    text = "{\n" + ",\n".join(lists) + "\n}\n"
    (ROOT / "src/flow/board_fit/foldings.json").write_text(text)


if __name__ == "__main__":
    main()
