"""Runs Python with the LiteX of a private folder: `FOLDER --version` and `FOLDER SCRIPT ARGUMENTS…`."""

import runpy
import sys
from importlib.metadata import distributions

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

if arguments == ["--version"]:
    import litex
    import migen

    found = [d.version for d in distributions(path=[folder]) if d.metadata["Name"] == "litex"]
    print("litex " + found[0])
    sys.exit(0)

sys.argv = arguments
runpy.run_path(arguments[0], run_name="__main__")
