"""Runs Python with the cocotb of a private folder: `FOLDER --version` and `FOLDER SCRIPT ARGUMENTS…`."""

import runpy
import sys

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

if arguments == ["--version"]:
    import cocotb
    import cocotbext.axi
    import find_libpython

    if find_libpython.find_libpython() is None:
        sys.exit("error: this Python has no shared library (Debian and Ubuntu: install libpython3-dev)")
    print("cocotb " + cocotb.__version__)
    sys.exit(0)

sys.argv = arguments
runpy.run_path(arguments[0], run_name="__main__")
