#!/usr/bin/env python3
"""Writes docs/mutation.json and the tables of docs/mutation.md from the results in target/mutation/results.json.

scripts/mutation/survivors.json explains the mutants that the benches do not detect:
`{"module:line:operator:after": {"equivalent": true, "reason": "…"}}`.

With `--only`, the other modules keep the entries that they have in docs/mutation.json.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def key(mutant):
    return f"{mutant['module']}:{mutant['line']}:{mutant['operator']}:{' '.join(mutant['after'].split())}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="modules, separated by commas")
    wanted = set(parser.parse_args().only.split(",")) - {""}
    results = json.loads((ROOT / "target/mutation/results.json").read_text())
    path = ROOT / "target/mutation/proofs.json"
    proven = json.loads(path.read_text()) if path.exists() else {}
    known = json.loads((ROOT / "scripts/mutation/survivors.json").read_text())
    data = ROOT / "docs/mutation.json"
    mutants = []
    if wanted:
        mutants = [mutant for mutant in json.loads(data.read_text())["mutants"] if mutant["module"] not in wanted]
        results = {number: result for number, result in results.items() if result["module"] in wanted}
    first = 1 + max((mutant["number"] for mutant in mutants), default=0)
    for position, (number, result) in enumerate(sorted(results.items(), key=lambda item: int(item[0]))):
        number_here = first + position if wanted else int(number)
        mutant = {"number": number_here} | {k: result[k] for k in ("module", "line", "operator", "before", "after")}
        said = known.get(key(mutant))
        if result.get("killed_by"):
            mutant |= {"state": "noticed", "by": result["killed_by"], "how": result["how"]}
        elif proven.get(number, {}).get("job"):
            proof = proven[number]
            mutant |= {"state": "noticed", "by": f"proof {proof['job']}", "how": proof["property"]}
        elif said:
            state = "equivalent" if said["equivalent"] else said.get("state", "survived")
            mutant |= {"state": state, "by": said.get("by"), "reason": said["reason"]}
        else:
            mutant |= {"state": "survived" if result["passed"] else "not run", "passed": result["passed"]}
        mutants.append(mutant)
    whole = {"format_version": 1, "mutants": mutants}
    data.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")

    page = ROOT / "docs/mutation.md"
    text = page.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(before + BEGIN + "\n" + figures(mutants) + END + after)


def figures(mutants):
    states = Counter(mutant["state"] for mutant in mutants)
    run = len(mutants) - states["not run"]
    changing = run - states["equivalent"]
    share = 100 * states["noticed"] / changing if changing else 0
    lines = [
        f"{len(mutants)} mutants, {run} of them run; {states['equivalent']} are equivalent to the library. Of the "
        f"other {changing}, {states['noticed']} are detected: {share:.1f} %. {states['survived']} survive, "
        f"{states['not run']} have not been run.",
        "",
        "| module | mutants | run | detected | by | equivalent | survived |",
        "|---|--:|--:|--:|---|--:|--:|",
    ]
    modules = defaultdict(list)
    for mutant in mutants:
        modules[mutant["module"]].append(mutant)
    for module, own in modules.items():
        count = Counter(mutant["state"] for mutant in own)
        by = Counter(mutant["by"] for mutant in own if mutant["state"] == "noticed")
        names = ", ".join(f"{name} {number}" for name, number in by.most_common())
        lines.append(
            f"| `{module}` | {len(own)} | {len(own) - count['not run']} | {count['noticed']} | {names} | "
            f"{count['equivalent']} | {count['survived']} |"
        )
    for state, title in (("survived", "Survivors"), ("equivalent", "Equivalent mutants")):
        rows = [mutant for mutant in mutants if mutant["state"] == state]
        if not rows:
            continue
        lines += ["", f"### {title}", "", "| module, line | change | reason |", "|---|---|---|"]
        for mutant in rows:
            change = f"{mutant['operator']}: `{' '.join(mutant['before'].split())}`".replace("|", "\\|")
            lines.append(f"| `{mutant['module']}` {mutant['line']} | {change} | {mutant.get('reason', '')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
