"""Runs the slang of a private folder like the program `slang`: `FOLDER --version` and `FOLDER FILES…`."""

import shlex
import sys

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

import pyslang

if arguments == ["--version"]:
    print("slang version " + pyslang.__version__)
    sys.exit(0)

driver = pyslang.driver.Driver()
driver.addStandardArgs()
accepted = driver.parseCommandLine(shlex.join(["slang", *arguments]), pyslang.driver.CommandLineOptions())
accepted = accepted and driver.processOptions() and driver.parseAllSources()
sys.exit(0 if accepted and driver.runFullCompilation(False) else 1)
