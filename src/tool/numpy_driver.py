"""Runs Python with the NumPy of a private folder: `FOLDER --version` and `FOLDER SCRIPT ARGUMENTS…`."""

import runpy
import sys

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

import numpy

if arguments == ["--version"]:
    print("numpy version " + numpy.__version__)
    sys.exit(0)

sys.argv = arguments
runpy.run_path(arguments[0], run_name="__main__")
