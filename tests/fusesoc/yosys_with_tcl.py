"""A Yosys that was built without Tcl, given the little Tcl that Edalize's script has: `[-l LOG] -p 'tcl FILE'`.

Commands of Yosys are collected in the order in which Tcl would call them, and run as one script. Anything but procedures,
variables, `source` and loops over nothing is an error. The first argument is the Yosys to start.
"""

import re
import subprocess
import sys


def commands(text):
    """The commands of a script, as lists of words; a word in braces is a tuple of its text."""
    words, at = [], 0
    while at < len(text):
        c = text[at]
        if c in "\n;":
            if words:
                yield words
            words, at = [], at + 1
        elif c.isspace():
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
        elif c == "#" and not words:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif c == "{":
            depth, end = 1, at + 1
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            words.append((text[at + 1 : end - 1],))
            at = end
        else:
            found = re.compile(r'"([^"\[]*)"|([^\s;"\[]+)').match(text, at)
            if not found:
                sys.exit(f"no such Tcl: {text[at:at + 40]!r}")
            words.append(found[1] if found[1] is not None else found[2])
            at = found.end()
    if words:
        yield words


class Tcl:
    def __init__(self):
        self.procedures, self.script = {}, []

    def run(self, text, variables):
        for words in commands(text):
            value = lambda word: re.sub(r"\$\{?(\w+)\}?", lambda m: variables[m[1]], word)
            name, *rest = [w[0] if isinstance(w, tuple) else value(w) for w in words]
            if name == "proc":
                self.procedures[rest[0]] = (rest[1].split(), rest[2])
            elif name == "set":
                variables[rest[0]] = rest[1]
            elif name == "source":
                self.run(open(rest[0]).read(), variables)
            elif name == "foreach" and not value(rest[1]).strip():
                pass
            elif name == "yosys" and rest == ["-import"]:
                pass
            elif name in self.procedures:
                names, body = self.procedures[name]
                self.run(body, dict(zip(names, rest, strict=True)) | {"name": variables.get("name", "")})
            elif re.fullmatch(r"[a-z][a-z_0-9]*", name) and name not in ("foreach", "if", "while", "yosys", "exec"):
                self.script.append(" ".join([name, *rest]))
            else:
                sys.exit(f"no such Tcl: {words}")


yosys, *arguments = sys.argv[1:]
log = "yosys.log"
if "-l" in arguments:
    at = arguments.index("-l")
    log = arguments[at + 1]
    del arguments[at : at + 2]
if len(arguments) != 2 or arguments[0] != "-p" or not arguments[1].startswith("tcl "):
    sys.exit(subprocess.run([yosys, *arguments]).returncode)
tcl = Tcl()
tcl.run(open(arguments[1].removeprefix("tcl ").strip()).read(), {})
with open("collected.ys", "w") as script:
    script.write("\n".join(tcl.script) + "\n")
with open(log, "w") as file:
    sys.exit(subprocess.run([yosys, "-s", "collected.ys"], stdout=file, stderr=file).returncode)
