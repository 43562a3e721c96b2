#!/usr/bin/env python3
"""Tests `axi_read_master` with the memory of cocotbext-axi, in Verilator.

    python3 run.py --work FOLDER

needs the packages cocotb 2.1 and cocotbext-axi 0.1.28, and Verilator 5.052 or newer.

Exit codes: 0, all tests passed; 1, one failed; 2, the simulator cannot be built.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import cocotb_tools.config
from cocotb_tools.runner import get_runner

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parent.parent / "rtl"
TOP = "axi_read_master"
FILES = ["stream_check.sv", "stream_fifo.sv", "sync_ram.sv", "ram_fifo.sv", "axi/axi_read_master.sv"]
PUBLIC = f"""`verilator_config
public_flat_rw -module "{TOP}" -var "*_i"
public_flat_rw -module "{TOP}" -var "*_o"
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("axi_ram_work"), help="where files go")
    parser.add_argument("--bits", type=int, default=128, help="bits of a beat (128)")
    parser.add_argument("--burst", type=int, default=16, help="beats of a burst at most (16)")
    parser.add_argument("--buffer", type=int, default=512, help="beats of the buffer (512)")
    parser.add_argument("--seed", type=int, default=1, help="what all that is random comes from (1)")
    parser.add_argument("--verilator", default=shutil.which("verilator"), help="the program (default: on PATH)")
    parser.add_argument("--cxx", help="C++ compiler")
    return parser.parse_args()


def verilate(args, work):
    """The simulator, with the module's assertions."""
    libraries = cocotb_tools.config.libs_dir
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    (work / "public.vlt").write_text(PUBLIC, encoding="utf-8")
    variables = "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
    if args.cxx:
        variables += f" CXX={args.cxx} LINK={args.cxx}"
    command = [
        args.verilator, "--cc", "--exe", "--build", "-j", str(os.cpu_count() or 1), "--assert", "-O3", "--vpi",
        "--x-assign", "unique", "--x-initial", "unique", "--timescale", "1ns/1ps", "--prefix", "Vtop",
        "--top-module", TOP, f"-GDataWidth={args.bits}", f"-GMaxBurst={args.burst}", "-GAddrWidth=32", f"-GBufferBeats={args.buffer}",
        "--Mdir", str(work / "obj"), "-o", str(work / TOP),
        "-MAKEFLAGS", variables, "-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator",
        str(work / "public.vlt"), str(main), *FILES,
    ]
    return subprocess.run(command, cwd=RTL, check=False).returncode == 0


def main():
    args = arguments()
    if not args.verilator:
        print("error: Verilator is missing: put it on PATH or give --verilator", file=sys.stderr)
        return 2
    work = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(HERE))
    os.environ.update(SNN2RTL_SEED=str(args.seed), PYTHONDONTWRITEBYTECODE="1")
    if not verilate(args, work):
        return 2
    results = work / "results.xml"
    results.unlink(missing_ok=True)
    get_runner("verilator").test(
        test_module="test_axi_read_master", hdl_toplevel=TOP, hdl_toplevel_lang="verilog", build_dir=work,
        test_dir=work, results_xml=str(results), seed=args.seed,
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
