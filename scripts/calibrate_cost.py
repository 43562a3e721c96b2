#!/usr/bin/env python3
"""Calibrates the cost model of area against Yosys; see docs/cost-model.md.

    calibrate_cost.py collect --snn2rtl PROGRAM --family xc7 --data FILE.json [--synth] NAME=BUILD_DIR...
    calibrate_cost.py fit --data FILE.json --output src/streaming/schedule/cost/xc7.json [--hold-out NAME...]
    calibrate_cost.py cross --data FILE.json

`collect` adds to the data a row for each instance of each build folder: the quantities that the program
computes for it and what Yosys made of it (`--synth` runs `snn2rtl synth` where there is no report).
`fit` finds the coefficients: weighted least squares, none below 0. It needs Python alone.
`cross` prints errors of designs that are not in the fit, by design and by module.
`totals` stores what synthesis made of the examples, for `tests/cost_model.rs`.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

# Products of quantities that the logic and the registers of each module may depend on.
LUT = {
    "axi_lite_regs": "1 stages margin",
    "axis_input": "1 lanes*width counter moved*lanes*width",
    "stream_link": "1 queue ff_bits width deep words pointer*deep ram_mux",
    "analog_matmul": "1 addr lanes*delta lanes*weight ram_mux rom_lut in_lanes*value in_lanes ff_bits more_banks"
    " more_banks*addr more_banks*lanes*weight more_banks*lanes*delta",
    "spike_matmul": "1 addr lanes*delta lanes*weight ram_mux rom_lut in_lanes ff_bits more_banks"
    " more_banks*addr more_banks*lanes*weight more_banks*lanes*delta",
    "spike_neurons": "1 addr row lanes*membrane*line lanes*membrane*table lanes*level lanes*theta*line"
    " lanes*delta rom_lut lanes*crossings*theta ram_mux ff_bits lanes",
    "spike_product": "1 lanes lanes*delta lanes*level lanes*level*rotate lanes*delta*rotate lanes*addr"
    " operand in_lanes ram_mux lanes*rotate",
    "layer_norm_neurons": "1 rows lanes*acc lanes*decision lanes*level square root sum ram_mux rom_lut dsp ff_bits lanes",
    "softmax_neurons": "1 rows lanes*acc lanes*exp lanes*decision scaled position tokens rom_lut ram_mux dsp ff_bits"
    " lanes",
    "readout": "1 value acc lanes*acc lanes*delta ram_mux rom_lut ff_bits",
    "stream_fork": "1 outputs",
    "stream_scale": "1 lanes*element*sliced lanes*out*spikes rom_lut lanes*out*adders",
    "residual_sum": "1 lanes*width*inputs rom_lut inputs row ram_mux lanes*width*start",
    "row_select": "1 row width",
    "permute_buffer": "1 rom_lut addr lanes*width ram_mux",
    "token_embedding": "1 ram_mux lanes*width addr",
    "token_mask": "1 tokens width",
    "analog_pass": "1 lanes*width",
    "rate_encoder": "1 lanes*width addr ram_mux",
}
FF = {
    "axi_lite_regs": "1 stages margin",
    "axis_input": "1 counter",
    "stream_link": "1 width deep pointer words pointer*deep width*deep",
    "analog_matmul": "1 addr lanes*delta lanes*weight value chunk lanes*delta*chunked lanes*value in_lanes more_banks"
    " more_banks*addr more_banks*lanes*weight more_banks*lanes*delta",
    "spike_matmul": "1 addr lanes*delta lanes*weight chunk lanes*delta*chunked lanes in_lanes more_banks"
    " more_banks*addr more_banks*lanes*weight more_banks*lanes*delta",
    "spike_neurons": "1 addr row lanes*membrane lanes*level lanes*theta*line lanes*delta lanes",
    "spike_product": "1 addr operand lanes*level lanes*delta in_lanes lanes rotate lanes*addr",
    "layer_norm_neurons": "1 rows lanes*acc lanes*decision lanes*level square root sum addr lanes*delta lanes*gamma"
    " lanes*offset dsp lanes fifo_bits",
    "softmax_neurons": "1 rows lanes*acc lanes*exp lanes*decision scaled position tokens lanes*delta lanes*level dsp"
    " lanes",
    "readout": "1 value acc",
    "stream_fork": "1 outputs",
    "stream_scale": "1 lanes*element lanes*out",
    "residual_sum": "1 lanes*width*inputs lanes*width row inputs",
    "row_select": "1 row",
    "permute_buffer": "1 addr",
    "token_embedding": "1 addr lanes*width",
    "token_mask": "1 tokens",
    "analog_pass": "1 lanes*width",
    "rate_encoder": "1 lanes*width addr",
}


def short(instance):
    """`u_s3_fc1` -> `s3`; `u_link_4` -> `link_4`."""
    name = instance.removeprefix("u_")
    match = re.match(r"s\d+(?=_|$)", name)
    return match.group() if match else name


def collect(args):
    rows = json.loads(args.data.read_text()) if args.data.exists() else []
    for item in args.builds:
        name, folder = item.split("=", 1)
        report = pathlib.Path(folder) / f"reports/utilisation_{args.family}.json"
        if args.synth and not report.exists():
            subprocess.run([args.snn2rtl, "synth", folder, "--family", args.family], check=True, stdout=sys.stderr)
        found = {short(m["instance"]): m for m in json.loads(report.read_text())["modules"]}
        command = [args.snn2rtl, "cost", folder, "--family", args.family]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        rows = [row for row in rows if row["design"] != name]
        for row in told["rows"]:
            if (made := found.get(row["instance"])) is None:
                continue
            figures = {key: made[key] for key in ("lut", "ff", "bram", "dsp")}
            rows.append({"design": name, **row, **figures})
    text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    args.data.write_text(f"[\n{text}\n]\n")


def totals(args):
    """Synthesis results of whole designs, for the test."""
    rows = []
    for item in args.builds:
        example, folder = item.split("=", 1)
        report = json.loads((pathlib.Path(folder) / f"reports/utilisation_{args.family}.json").read_text())
        folding = json.loads((pathlib.Path(folder) / "folding.json").read_text())["folding"]
        figures = {key: report["total"][key] for key in ("lut", "ff", "bram", "dsp")}
        rows.append({"example": example, "family": args.family, "folding": folding, **figures})
    old = json.loads(args.output.read_text()) if args.output.exists() else []
    rows = [row for row in old if row["family"] != args.family] + rows
    text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    args.output.write_text(f"[\n{text}\n]\n")


def term(name, quantities):
    value = 1.0
    for factor in name.split("*"):
        value *= 1.0 if factor == "1" else quantities.get(factor, 0.0)
    return value


def non_negative(matrix, target, rounds=4000):
    """Non-negative least squares by coordinate descent on the normal equations, columns scaled to 1."""
    columns = len(matrix[0])
    scale = [max(max(abs(row[j]) for row in matrix), 1e-12) for j in range(columns)]
    gram = [
        [sum(row[i] * row[j] for row in matrix) / scale[i] / scale[j] for j in range(columns)]
        for i in range(columns)
    ]
    right = [sum(row[i] * t for row, t in zip(matrix, target)) / scale[i] for i in range(columns)]
    # A little weight against coefficients that the data do not determine.
    ridge = 1e-5 * max(gram[i][i] for i in range(columns)) + 1e-12
    found = [0.0] * columns
    for _ in range(rounds):
        moved = 0.0
        for i in range(columns):
            rest = right[i] - sum(gram[i][j] * found[j] for j in range(columns) if j != i)
            new = max(rest / (gram[i][i] + ridge), 0.0)
            moved = max(moved, abs(new - found[i]))
            found[i] = new
        if moved < 1e-9 * (max(found) + 1e-9):
            break
    return [value / s for value, s in zip(found, scale)]


def fit_one(rows, figure, names):
    known = "ram_lut" if figure == "lut" else "ram_ff"
    names = names.split()
    matrix, target = [], []
    for row in rows:
        # Between the absolute and the relative error: large instances matter more, but not alone.
        weight = 1.0 / (row[figure] + 20.0) ** 0.7
        quantities = row["quantities"]
        matrix.append([weight * term(name, quantities) for name in names])
        target.append(weight * (row[figure] - quantities.get(known, 0.0)))
    found = non_negative(matrix, target)
    return [[round(value, 5), name] for value, name in zip(found, names) if value > 1e-6]


def predict(formula, figure, quantities):
    if figure in ("bram", "dsp"):
        return quantities[figure]
    known = quantities["ram_lut" if figure == "lut" else "ram_ff"]
    return known + sum(c * term(name, quantities) for c, name in formula[figure])


def formulas_of(rows):
    """Coefficients of every module."""
    formulas = {}
    for module in sorted({row["module"] for row in rows}):
        own = [row for row in rows if row["module"] == module]
        formulas[module] = {"lut": fit_one(own, "lut", LUT[module]), "ff": fit_one(own, "ff", FF[module])}
    return formulas


def fit(args):
    rows = json.loads(args.data.read_text())
    formulas = formulas_of([row for row in rows if row["design"] not in args.hold_out])
    lines = [f'"{m}":{json.dumps(f, separators=(",", ":"))}' for m, f in formulas.items()]
    if args.output:
        args.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    show(rows, formulas, args.hold_out)


def cross(args):
    """Held-out errors: each design is predicted by a fit without it. Designs `old_...` are in every fit."""
    rows = json.loads(args.data.read_text())
    predicted = []
    for held in sorted({row["design"] for row in rows if not row["design"].startswith("old_")}):
        formulas = formulas_of([row for row in rows if row["design"] != held])
        for row in rows:
            if row["design"] == held and row["module"] in formulas:
                formula = formulas[row["module"]]
                predicted.append((row, {f: predict(formula, f, row["quantities"]) for f in ("lut", "ff")}))
    for key in ("design", "module"):
        print(f"\n| {key} | instances | LUT | held out | mean of instances | FF | held out | mean of instances |")
        print("|---|" + "---:|" * 7)
        for value in sorted({row[key] for row, _ in predicted}):
            own = [pair for pair in predicted if pair[0][key] == value]
            cells = []
            for figure in ("lut", "ff"):
                made = sum(row[figure] for row, _ in own)
                told = sum(found[figure] for _, found in own)
                each = [abs(found[figure] / row[figure] - 1) for row, found in own if row[figure] >= 20]
                off = f" ({100 * (told / made - 1):+.1f} %)" if made else ""
                mean = f"{100 * sum(each) / len(each):.1f} %" if each else ""
                cells += [str(made), f"{told:.0f}{off}", mean]
            print(f"| {value} | {len(own)} | " + " | ".join(cells) + " |")


def show(rows, formulas, held_out):
    """Errors by design and by module."""
    for key in ("design", "module"):
        print(f"\n| {key} | instances | LUT | estimate | FF | estimate | BRAM | estimate | DSP | estimate |")
        print("|---|" + "---:|" * 9)
        for value in sorted({row[key] for row in rows}):
            own = [row for row in rows if row[key] == value and row["module"] in formulas]
            cells = []
            for figure in ("lut", "ff", "bram", "dsp"):
                made = sum(row[figure] for row in own)
                told = sum(predict(formulas[row["module"]], figure, row["quantities"]) for row in own)
                off = f" ({100 * (told / made - 1):+.1f} %)" if made else ""
                cells += [str(made), f"{told:.0f}{off}"]
            name = f"{value} (held out)" if value in held_out else value
            print(f"| {name} | {len(own)} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("collect")
    one.add_argument("--snn2rtl", default="snn2rtl")
    one.add_argument("--family", required=True)
    one.add_argument("--data", type=pathlib.Path, required=True)
    one.add_argument("--synth", action="store_true")
    one.add_argument("builds", nargs="+")
    two = commands.add_parser("fit")
    two.add_argument("--data", type=pathlib.Path, required=True)
    two.add_argument("--output", type=pathlib.Path)
    two.add_argument("--hold-out", nargs="*", default=[])
    held = commands.add_parser("cross")
    held.add_argument("--data", type=pathlib.Path, required=True)
    three = commands.add_parser("totals")
    three.add_argument("--family", required=True)
    three.add_argument("--output", type=pathlib.Path, required=True)
    three.add_argument("builds", nargs="+")
    args = parser.parse_args()
    {"collect": collect, "fit": fit, "cross": cross, "totals": totals}[args.command](args)


if __name__ == "__main__":
    main()
