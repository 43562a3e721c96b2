"""The benches of `tests/rtl_benches`, built once around the library with all mutants in it."""

import glob
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

HELPERS = ["bench_reset", "bench_source", "bench_player", "bench_checker", "bench_observer", "bench_batches"]
PACKAGE = """package snn_mutant;
  function automatic int chosen();
    int number = 0;
    void'($value$plusargs("mutant=%d", number));
    return number;
  endfunction
  int sel = chosen();
endpackage
"""


def verilator():
    """The simulator that the program provides, or the one in SNN2RTL_VERILATOR."""
    chosen = os.environ.get("SNN2RTL_VERILATOR")
    if chosen:
        return chosen, {}
    cache = os.environ.get("SNN2RTL_CACHE") or os.path.expanduser("~/.cache/snn2rtl")
    found = sorted(glob.glob(f"{cache}/tools/verilator-*/verilator"))
    if not found:
        raise SystemExit("mutate: no Verilator; run `snn2rtl doctor --install` or set SNN2RTL_VERILATOR")
    root = Path(found[-1])
    return str(root / "bin/verilator"), {"VERILATOR_ROOT": str(root / "share/verilator")}


def limited(seconds):
    """For a child: so many seconds of processor time."""
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def uses(texts):
    """Which modules each module instantiates, itself included, however deep."""
    names = set(texts)
    direct = {
        name: {w for w in re.findall(r"^\s*(\w+)\s*(?:#\(|u_\w+)", text, re.M) if w in names}
        for name, text in texts.items()
    }
    closure = {}

    def reach(name):
        if name not in closure:
            closure[name] = {name}
            for used in direct[name]:
                closure[name] |= reach(used)
        return closure[name]

    for name in names:
        reach(name)
    return closure


class Bench:
    """One group of benches; with `test`, some instances of one of its benches alone."""

    def __init__(self, root, folder, library, test=None, most=3):
        self.root, self.folder, self.name = root, folder, folder.name
        self.top = (folder / "bench.sv").read_text()
        if test:
            self.name = f"{folder.name}.{test}"
            self.top = self._some(test, most)
        self.tests = sorted(set(re.findall(r"^  (\w+)_tb #", self.top, re.M)))
        texts = dict(library)
        for name in self.tests:
            texts[f"{name}_tb"] = (root / f"sim/benches/{name}_tb.sv").read_text()
        reached = uses(texts)
        self.modules = set().union(*(reached[f"{name}_tb"] for name in self.tests)) & set(library)

    def _some(self, test, most):
        """The bench's first instance, its last, and some between."""
        own = [line for line in self.top.splitlines() if line.startswith(f"  {test}_tb #")]
        if len(own) > most:
            own = [own[i * (len(own) - 1) // (most - 1)] for i in range(most)]
        own = [re.sub(r"done\[\d+\]", f"done[{i}]", line) for i, line in enumerate(own)]
        head = "module bench (\n  input  wire logic clk_i,\n  output      logic done_o\n);\n"
        head += f"  logic [{len(own) - 1}:0] done;\n  assign done_o = &done;\n"
        return head + "\n".join(own) + "\nendmodule\n"

    def built(self, out):
        return (out / self.name / "Vbench").exists()

    def build(self, mutated, out):
        """Verilates and compiles it; the time is that of one build, whatever the number of mutants."""
        self.program = out / self.name / "Vbench"
        if self.built(out):
            return
        program, env = verilator()
        top = out / f"{self.name}.sv"
        top.parent.mkdir(parents=True, exist_ok=True)
        top.write_text(self.top)
        flags = "OPT_FAST=-O0 OPT_GLOBAL=-O0 OPT_SLOW=-O0"
        call = [program, "--cc", "--exe", "--build", "-j", "1", "--assert", "-Wno-lint", "-Wno-style"]
        call += ["-Wno-fatal", "--x-assign", "unique", "--x-initial", "unique", "-CFLAGS", "-O0"]
        call += ["-MAKEFLAGS", flags, "--output-split", "20000", "--unroll-count", "1", "--prefix", "Vbench"]
        call += ["--top-module", "bench", "--Mdir", str(out / self.name), str(mutated / "snn_mutant.sv")]
        lists = [(self.root / "rtl" / name).read_text().split() for name in ("files.f", "shell.f")]
        always = {"stream_check", "axi_lite_regs_pkg", "overlay_isa_pkg"}
        for file in lists[0] + lists[1]:
            if file in lists[0] and Path(file).stem not in self.modules | always:
                continue
            # The changed library is one folder.
            own = mutated / Path(file).name
            if file == "stream_link.sv":
                own = self.root / "sim" / file
            call.append(str(own if own.exists() else self.root / "rtl" / file))
        call += [str(self.root / f"sim/benches/{name}.sv") for name in HELPERS]
        call += [str(self.root / f"sim/benches/{test}_tb.sv") for test in self.tests]
        call += [str(self.root / "sim/benches/bench_main.cpp"), str(top)]
        if shutil.which("ccache"):
            # The simulator's run time is the same in every build.
            env = {**env, "OBJCACHE": "ccache"}
        done = subprocess.run(call, env={**os.environ, **env}, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"mutate: bench {self.name} does not build:\n{done.stdout}{done.stderr}")

    def run(self, number, seed, cycles=None):
        """None if it passes, or what stopped it; `cycles` is the most that it may take, found by a run without."""
        call = [str(self.program), f"+verilator+seed+{seed}", "+verilator+rand+reset+2", f"+mutant={number}"]
        call += [f"+limit+{cycles}"] if cycles else []
        # A simulation that hangs within a cycle is ended by its processor time.
        done = subprocess.run(call, capture_output=True, text=True, preexec_fn=limited(2 + cycles // 20000 if cycles else 600))
        text = done.stdout + done.stderr
        passed = re.search(r"PASS: (\d+) cycles", text)
        if done.returncode == 0 and passed:
            self.cycles = max(getattr(self, "cycles", 0), int(passed.group(1)))
            return None
        if done.returncode in (-24, -9) or "FAIL: not done" in text:
            return "not done in time"
        assertion = re.search(r"Assertion failed in ([\w.]+)", text)
        if assertion:
            return f"assertion {assertion.group(1).split('.')[-1]}"
        return next((line.strip()[:160] for line in text.splitlines() if line.strip()), "stopped")
