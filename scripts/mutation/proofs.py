"""The jobs of `sim/formal` on a library with a single mutant in it."""

import glob
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def sby(root):
    """SymbiYosys as the program provides it, or the one in SNN2RTL_SBY; and the environment it needs."""
    chosen = os.environ.get("SNN2RTL_SBY")
    if chosen:
        return [chosen], {}
    cache = os.environ.get("SNN2RTL_CACHE") or os.path.expanduser("~/.cache/snn2rtl")
    found = sorted(path for path in glob.glob(f"{cache}/tools/symbiyosys-*") if os.path.isdir(path))
    if not found:
        raise SystemExit("mutate: no SymbiYosys; run `cargo test --test formal` once, or set SNN2RTL_SBY")
    driver = (root / "src/tool/sby_driver.py").read_text()
    return [sys.executable, "-I", "-B", "-c", driver, found[-1]], {"SNN2RTL_SBY_DRIVER": driver}


def jobs_of(root, module):
    """The jobs that read a module, the one of its name first."""
    found = []
    for path in sorted((root / "sim/formal").glob("*.sby")):
        if re.search(rf"^\.\./\.\./rtl/(\w+/)?{module}\.sv$", path.read_text(), re.M):
            found.append(path.stem)
    return sorted(found, key=lambda job: (job != module, job))


def single(text, number):
    """A module in which all mutants but one are switched off."""
    text = text.replace(f"(snn_mutant::sel == {number})", "(1'b1)").replace(f"(snn_mutant::sel != {number})", "(1'b0)")
    text = re.sub(r"\(snn_mutant::sel == \d+\)", "(1'b0)", text)
    return re.sub(r"\(snn_mutant::sel != \d+\)", "(1'b1)", text)


def run(root, mutated, mutant, out):
    """The job that refutes the mutant, and the property; or None. And the jobs that it passed."""
    passed = []
    for job in jobs_of(root, mutant.module):
        folder = out / "proof"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root / "rtl", folder / "rtl")
        shutil.copytree(root / "sim/formal", folder / "sim/formal")
        text = (mutated / f"{mutant.module}.sv").read_text()
        (own,) = (folder / "rtl").rglob(f"{mutant.module}.sv")
        own.write_text(single(text, mutant.number))
        lines = (folder / f"sim/formal/{job}.sby").read_text().split("[options]")[0].splitlines()
        tasks = [line for line in lines if line and line[0] not in "[#" and line != "cover"]
        program, env = sby(root)
        call = [*program, "-f", "-j", "1", "--prefix", str(folder / "work"), f"{job}.sby", *tasks]
        try:
            done = subprocess.run(
                call,
                cwd=Path(folder) / "sim/formal",
                env={**os.environ, **env},
                capture_output=True,
                text=True,
                timeout=900,
            )
        except subprocess.TimeoutExpired:
            continue
        failed = re.search(r"failed assertion (\S+)", done.stdout)
        if done.returncode == 2:
            return (job, failed.group(1) if failed else "a property"), passed
        if done.returncode != 0:
            raise SystemExit(f"mutate: job {job} fails in itself with mutant {mutant.number}:\n{done.stdout[-2000:]}")
        passed.append(job)
    return None, passed
