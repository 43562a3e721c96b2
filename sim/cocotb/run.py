#!/usr/bin/env python3
"""Tests the interfaces of the core in this build folder with the clients of cocotbext-axi, in Verilator.

    snn2rtl cocotb BUILD --inputs SAMPLES.npy --vectors vectors.json
    python3 BUILD/sim/cocotb/run.py vectors.json

needs the packages cocotb 2.1 and cocotbext-axi 0.1.28, and Verilator 5.052 or newer. `snn2rtl cocotb BUILD --inputs
SAMPLES.npy` does the same with what it provides itself.

Exit codes: 0, all tests passed; 1, one failed; 2, a file or program is missing.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import cocotb_tools.config
from cocotb_tools.runner import get_runner

HERE = pathlib.Path(__file__).resolve().parent
TESTS = sorted(path.stem for path in HERE.glob("test_*.py"))
# What the tests look at: the ports of the top level, and the counters.
PUBLIC = """`verilator_config
public_flat_rw -module "{top}" -var "*_i"
public_flat_rw -module "{top}" -var "*_o"
public_flat_rw -module "sync_ram" -var "*words_q"
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vectors", type=pathlib.Path, help="file of `snn2rtl cocotb --vectors`")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent, help="build folder (default: this)")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("cocotb_work"), help="where files go")
    parser.add_argument("--frames", type=int, default=100, help="frames of the longest test (100)")
    parser.add_argument("--seed", type=int, default=1, help="what all that is random comes from (1)")
    parser.add_argument("--only", default="", metavar="REGEX", help="only tests whose name matches")
    parser.add_argument("--again", action="store_true", help="use the simulator that is in the work folder")
    parser.add_argument("--verilator", default=shutil.which("verilator"), help="the program (default: on PATH)")
    parser.add_argument("--cxx", help="C++ compiler")
    return parser.parse_args()


def verilate(args, build, top, work):
    """The simulator, made from the files that synthesis reads, with their assertions."""
    libraries = cocotb_tools.config.libs_dir
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    (work / "public.vlt").write_text(PUBLIC.format(top=top), encoding="utf-8")
    variables = "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
    if args.cxx:
        variables += f" CXX={args.cxx} LINK={args.cxx}"
    command = [
        args.verilator, "--cc", "--exe", "--build", "-j", str(os.cpu_count() or 1), "--assert", "-O3", "--vpi",
        # Files that one compiler is not at work on for minutes.
        "--output-split", "8000",
        "--x-assign", "unique", "--x-initial", "unique", "--timescale", "1ns/1ps", "--prefix", "Vtop",
        "--top-module", top, f'-GRomPath="{build}/rom/"', "--Mdir", str(work / "obj"), "-o", str(work / top),
        "-MAKEFLAGS", variables, "-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator",
        str(work / "public.vlt"), str(main), "-f", "rtl/files.f",
    ]
    cache = shutil.which("ccache")
    environment = {"OBJCACHE": cache, **os.environ} if cache else None
    return subprocess.run(command, cwd=build, check=False, env=environment).returncode == 0


def main():
    args = arguments()
    build, vectors, work = (path.resolve() for path in (args.build, args.vectors, args.work))
    for file in (build / "manifest.json", build / "registers.json", vectors):
        if not file.is_file():
            print(f"error: {file} is missing", file=sys.stderr)
            return 2
    if not args.verilator and not args.again:
        print("error: Verilator is missing: put it on PATH or give --verilator", file=sys.stderr)
        return 2
    sys.path.insert(0, str(HERE))
    os.environ.update(SNN2RTL_BUILD=str(build), SNN2RTL_VECTORS=str(vectors), SNN2RTL_FRAMES=str(args.frames),
                      SNN2RTL_SEED=str(args.seed), PYTHONDONTWRITEBYTECODE="1")
    top = json.loads((build / "manifest.json").read_text(encoding="utf-8"))["top"]
    work.mkdir(parents=True, exist_ok=True)
    if not args.again and not verilate(args, build, top, work):
        return 2
    results = work / "results.xml"
    results.unlink(missing_ok=True)
    get_runner("verilator").test(
        test_module=TESTS, hdl_toplevel=top, hdl_toplevel_lang="verilog", build_dir=work, test_dir=work,
        results_xml=str(results), seed=args.seed, test_filter=args.only or None,
        # Registers begin with values from this seed.
        test_args=[f"+verilator+seed+{args.seed}", "+verilator+rand+reset+2"])
    # The simulator's exit code does not tell a failed test.
    if not results.is_file():
        print("error: the simulation ended without a result", file=sys.stderr)
        return 1
    tests = list(ElementTree.parse(results).getroot().iter("testcase"))
    failed = [test.get("name") for test in tests if any(child.tag in ("failure", "error") for child in test)]
    print(f"{len(tests)} tests, {len(failed)} failed {' '.join(failed)}".rstrip())
    return 0 if tests and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
