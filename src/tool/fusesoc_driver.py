"""Runs the FuseSoC of a private folder like the program `fusesoc`: `FOLDER ARGUMENTS…`."""

import sys

folder, arguments = sys.argv[1], sys.argv[2:]
sys.path.insert(0, folder)

from fusesoc.main import main

sys.argv = ["fusesoc", *arguments]
sys.exit(main())
