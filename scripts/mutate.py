#!/usr/bin/env python3
"""Generates mutants of the module library and counts which of them the benches detect.

    SNN2RTL_BENCH_FILES_ONLY=1 cargo test --test rtl_benches -- --skip lint
    nice python3 scripts/mutate.py [--seed 1] [--per-token 0.009]
    nice python3 scripts/mutate.py --proofs

The first line writes what the benches read. The second makes the mutants, builds each bench once
around a library that holds all of them, and runs it with one mutant after the other. The third asks the jobs of `sim/formal`
about what the benches left. Results go to `target/mutation/` as they come: a run that was stopped goes on where it was.
`scripts/mutation_report.py` makes the page and its data of them.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts/mutation"))

from benches import PACKAGE, Bench  # noqa: E402
from mutants import Source, choose  # noqa: E402
import proofs  # noqa: E402

# An observer without outputs, whose assertions are what notices mutants; packages, which are constants alone.
LEFT_OUT = {"stream_check", "axi_lite_regs_pkg", "overlay_isa_pkg"}
# The seeds of the tests.
SEEDS = (1, 2, 3)


def main():
    parser = argparse.ArgumentParser(description="Mutants of the module library against the benches.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-token", type=float, default=0.009, help="mutants for each token of a module")
    parser.add_argument("--least", type=int, default=3, help="mutants of a module, at least")
    parser.add_argument("--most", type=int, default=16, help="mutants of a module, at most")
    parser.add_argument("--proofs", action="store_true", help="the jobs of sim/formal on what the benches left")
    parser.add_argument("--only", default="", help="modules, separated by commas")
    options = parser.parse_args()

    files = (ROOT / "rtl/files.f").read_text().split()
    library = {Path(file).stem: (ROOT / "rtl" / file).read_text() for file in files}
    sources = [Source(name, text) for name, text in library.items() if name not in LEFT_OUT]
    mutants = choose(sources, options.seed, options.per_token, options.least, options.most)

    out = ROOT / "target/mutation"
    mutated = out / "rtl"
    mutated.mkdir(parents=True, exist_ok=True)
    for source in sources:
        own = [mutant for mutant in mutants if mutant.module == source.module]
        write(mutated / f"{source.module}.sv", source.with_mutants(own))
    write(mutated / "snn_mutant.sv", PACKAGE)

    results = load(out / "results.json", mutants)
    if options.proofs:
        prove(mutants, mutated, out, results)
        return
    folders = sorted((ROOT / "target/tmp/rtl_benches").glob("*/bench.sv"))
    if not folders:
        raise SystemExit("mutate: there are no benches in target/tmp/rtl_benches; run the first line of --help")
    groups = [bench for bench in (Bench(ROOT, file.parent, library) for file in folders) if bench.modules]
    # First each bench by itself in a few sizes, which is built soon; then whole groups.
    alone = [Bench(ROOT, group.folder, library, test) for group in groups for test in group.tests]
    alone = [bench for bench in alone if bench.modules]
    wanted = set(options.only.split(",")) - {""}
    for stage in (alone, groups):
        while stage:
            # Each sees what none before it has noticed, of the modules that it runs; first the one that has most to
            # see for its size.
            left = [(bench, open_for(bench, mutants, wanted, results)) for bench in stage]
            bench, own = max(left, key=lambda pair: len(pair[1]) / cost(pair[0], out / "build", library))
            stage.remove(bench)
            if own:
                run(bench, own, mutated, out, results)
    killed = sum(bool(result.get("killed_by")) for result in results.values())
    print(f"{len(results)} mutants, {killed} noticed by the benches")


def cost(bench, build, library):
    """What building it costs, about; next to nothing if it is there from a run before."""
    return 1e-6 if bench.built(build) else sum(len(library[name]) for name in bench.modules)


def open_for(bench, mutants, wanted, results):
    """Mutants that were not detected yet, in modules of a bench that did not run them."""
    return [
        mutant
        for mutant in mutants
        if mutant.module in bench.modules
        and (not wanted or mutant.module in wanted)
        and not results[mutant.number].get("killed_by")
        and bench.name not in results[mutant.number]["passed"]
    ]


def prove(mutants, mutated, out, results):
    """What has passed a bench, to the formal properties of its module."""
    path = out / "proofs.json"
    proven = json.loads(path.read_text()) if path.exists() else {}
    for mutant in mutants:
        result, number = results[mutant.number], str(mutant.number)
        if not result["passed"] or result.get("killed_by") or number in proven:
            continue
        how, passed = proofs.run(ROOT, mutated, mutant, out)
        proven[number] = {"job": how[0], "property": how[1]} if how else {"passed": passed}
        save(path, proven)
        print(f"{number} {mutant.module}:{mutant.line} {mutant.operator}: {how}", flush=True)


def run(bench, mutants, mutated, out, results):
    begun = time.time()
    print(f"{bench.name}: building for {len(mutants)} mutants", flush=True)
    bench.build(mutated, out / "build")
    # What runs without a mutant take decides how long one with a mutant may take.
    for seed in SEEDS:
        wrong = bench.run(0, seed)
        if wrong:
            raise SystemExit(f"mutate: bench {bench.name} fails without a mutant: {wrong}")
    print(f"{bench.name}: built in {time.time() - begun:.0f} s, {bench.cycles} cycles", flush=True)
    most = 3 * bench.cycles + 1000
    for mutant in mutants:
        result = results[mutant.number]
        for seed in SEEDS:
            how = bench.run(mutant.number, seed, most)
            if how:
                result["killed_by"] = f"bench {bench.name}"
                result["how"] = how
                break
        else:
            result["passed"].append(bench.name)
        save(out / "results.json", results)
        print(f"{bench.name} {mutant.number} {mutant.module}:{mutant.line} {mutant.operator}: {how}", flush=True)


def load(path, mutants):
    """Results so far, if they are of the same mutants."""
    fresh = {mutant.number: {**asdict(mutant), "passed": []} for mutant in mutants}
    if path.exists():
        old = {int(number): result for number, result in json.loads(path.read_text()).items()}
        keys = ("module", "line", "operator", "before", "after")
        same = old.keys() == fresh.keys() and all(old[n][k] == fresh[n][k] for n in fresh for k in keys)
        if not same:
            raise SystemExit(f"mutate: {path} is of other mutants; remove target/mutation to start again")
        return old
    return fresh


def save(path, results):
    new = path.with_suffix(".new")
    new.write_text(json.dumps(results, indent=1))
    new.replace(path)


def write(path, text):
    """Only if it changes something, so that builds stay valid."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    main()
