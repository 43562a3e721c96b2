"""Finds the places in a SystemVerilog module where a mutant can be made, and makes them.

All mutants of a library stand in one copy of it, each behind a comparison with `snn_mutant::sel`:
`(snn_mutant::sel == 7) ? (a || b) : (a && b)`. So a bench is built once and then run with every mutant.
"""

import random
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<word>[$`]?[A-Za-z_]\w*)
    |(?P<number>\d*'s?[bdh][0-9a-fA-F_]+|'[01]|\d+)
    |(?P<string>"[^"]*")
    |(?P<op><<<|>>>|===|!==|&&|\|\||==|!=|<=|>=|<<|>>|\+:|-:|::|.)""",
    re.X | re.S,
)
UNSYNTHESISED = re.compile(r"`ifndef SYNTHESIS.*?`endif", re.S)

SWAPPED = {
    "&&": "||", "||": "&&", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "+": "-", "-": "+", "&": "|", "|": "&", "^": "&",
}


@dataclass
class Token:
    text: str
    start: int
    end: int
    kind: str


@dataclass
class Region:
    """An expression: tokens first..last, and the whole statement where it may be dropped."""

    first: int
    last: int
    kind: str
    statement: tuple = ()


@dataclass
class Mutant:
    module: str
    line: int
    operator: str
    before: str
    after: str
    region: int
    number: int = 0


class Source:
    """A module's file with its regions."""

    def __init__(self, module, text):
        self.module, self.text = module, text
        blank = UNSYNTHESISED.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
        self.tokens = [
            Token(m.group(), m.start(), m.end(), m.lastgroup)
            for m in TOKEN.finditer(blank)
            if m.lastgroup != "skip"
        ]
        self.regions = []
        self._module()

    # ------------------------------------------------------------------ reading
    def _at(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def _until(self, i, ends):
        """The next token of `ends` outside all brackets."""
        depth = 0
        while i < len(self.tokens):
            text = self._at(i)
            if depth == 0 and text in ends:
                return i
            if text in "([{" and len(text) == 1:
                depth += 1
            elif text in ")]}" and len(text) == 1:
                depth -= 1
            i += 1
        return i

    def _closing(self, i):
        """The bracket that closes the one at `i`."""
        return self._until(i + 1, (")", "]", "}"))

    def _module(self):
        i = next(i for i, t in enumerate(self.tokens) if t.text == "module")
        i = self._until(i, (";",)) + 1
        while self._at(i) not in ("endmodule", ""):
            text = self._at(i)
            if text == "assign":
                equals = self._until(i, ("=",))
                end = self._until(equals, (";",))
                self.regions.append(Region(equals + 1, end, "assign"))
                i = end + 1
            elif text in ("always_ff", "always_comb"):
                i += 1
                if self._at(i) == "@":
                    i = self._closing(i + 1) + 1
                i = self._statement(i, text == "always_ff")
            elif text == "function":
                i = self._until(i, (";",)) + 1
                while self._at(i) != "endfunction":
                    i = self._statement(i, False)
                i += 1
            elif text in ("if", "for"):
                i = self._closing(i + 1) + 1
            elif text in ("begin", "end", "else"):
                i += 1
                if self._at(i) == ":":
                    i += 2
            else:
                end = self._until(i, (";",))
                if self.tokens[i].kind == "word" and text not in ("localparam", "typedef", "logic"):
                    self._instance(i, end)
                i = end + 1

    def _instance(self, i, end):
        """Inputs of an instance that are more than a name."""
        if self._at(i + 1) == "#":
            i = self._closing(i + 2)
        while i < end:
            if self._at(i) == "." and self._at(i + 2) == "(":
                close = self._closing(i + 2)
                if any(self._at(k) in ("!", "&&", "||", "==", "!=") for k in range(i + 3, close)):
                    self.regions.append(Region(i + 3, close, "port"))
                i = close
            i += 1

    def _statement(self, i, clocked):
        text = self._at(i)
        if text == "begin":
            i += 1
            if self._at(i) == ":":
                i += 2
            while self._at(i) != "end":
                i = self._statement(i, clocked)
            i += 1
            return i + 2 if self._at(i) == ":" else i
        if text == "if":
            close = self._closing(i + 1)
            self.regions.append(Region(i + 2, close, "condition"))
            i = self._statement(close + 1, clocked)
            return self._statement(i + 1, clocked) if self._at(i) == "else" else i
        if text == "for":
            return self._statement(self._closing(i + 1) + 1, clocked)
        if text in ("case", "unique"):
            i = self._closing(self._until(i, ("(",))) + 1
            while self._at(i) != "endcase":
                i = self._until(i, (":",)) + 1
                i = self._statement(i, clocked)
            return i + 1
        end = self._until(i, (";",))
        equals = self._until(i, ("=", "<="))
        if equals < end and text != "logic":
            whole = (i, end) if clocked and self._at(equals) == "<=" else ()
            self.regions.append(Region(equals + 1, end, "value", whole))
        return end + 1

    # ------------------------------------------------------------------ making
    def _string(self, first, last, changed=None):
        """The text of tokens, with some of them replaced."""
        parts = []
        for k in range(first, last):
            if k > first:
                parts.append(self.text[self.tokens[k - 1].end : self.tokens[k].start])
            parts.append((changed or {}).get(k, self.tokens[k].text))
        return re.sub(r"//[^\n]*", "", "".join(parts))

    def _fixed(self, region):
        """Tokens that must be constant: ranges, and the size in front of a cast."""
        fixed = set()
        for k in range(region.first, region.last):
            if self._at(k) == "[":
                close = self._closing(k)
                inside = range(k, close)
                if any(self._at(n) in (":", "+:") for n in inside):
                    fixed.update(inside)
            if self._at(k) == "(" and self._at(self._closing(k) + 1) == "'":
                fixed.update(range(k, self._closing(k)))
        return fixed

    def mutants(self):
        found = []
        for number, region in enumerate(self.regions):
            for operator, text in self._of(region):
                line = self.text.count("\n", 0, self.tokens[region.first].start) + 1
                before = self._string(region.first, region.last)
                found.append(Mutant(self.module, line, operator, before, text, number))
        return found

    def _of(self, region):
        first, last = region.first, region.last
        whole = self._string(first, last)
        if region.kind == "condition":
            yield "condition negated", f"!({whole})"
            yield "condition always true", "1'b1"
            yield "condition always false", "1'b0"
        if region.statement:
            yield "assignment dropped", ""
        fixed = self._fixed(region)
        for k in range(first, last):
            if k in fixed:
                continue
            token, before = self.tokens[k], self._at(k - 1) if k > first else ""
            text = token.text
            if text in SWAPPED:
                yield f"{text} as {SWAPPED[text]}", self._string(first, last, {k: SWAPPED[text]})
            elif text in ("!", "~") and self._at(k + 1) != "=":
                yield f"{text} dropped", self._string(first, last, {k: ""})
            elif text in ("1'b0", "1'b1"):
                other = "1'b1" if text == "1'b0" else "1'b0"
                yield f"{text} as {other}", self._string(first, last, {k: other})
            elif text == "'0":
                yield "'0 as '1", self._string(first, last, {k: "'1"})
            elif text == "1" and before == "(" and self._at(k - 2) == "'":
                yield "constant off by one", self._string(first, last, {k: "2"})
            elif token.kind == "number" and re.fullmatch(r"\d+'d\d+", text):
                size, value = text.split("'d")
                other = f"{size}'d{int(value) + 1}" if int(value) + 1 < 2 ** int(size) else f"{size}'d0"
                yield "constant off by one", self._string(first, last, {k: other})
            elif text == "?":
                colon = self._colon(k + 1, last)
                end = min(self._until(colon + 1, (")", "]", "}", ",", ";")), last)
                yield "branches swapped", (
                    f"{self._string(first, k + 1)} ({self._string(colon + 1, end)}) : "
                    f"({self._string(k + 1, colon)}) {self._string(end, last)}"
                )

    def _colon(self, i, last):
        """The colon of a question mark."""
        open_questions = 0
        while i < last:
            i = self._until(i, (":", "?"))
            if self._at(i) == "?":
                open_questions += 1
            elif open_questions == 0:
                return i
            else:
                open_questions -= 1
            i += 1
        return last

    def with_mutants(self, mutants):
        """The file with all these mutants behind the selection."""
        edits = []
        of = {}
        for mutant in mutants:
            of.setdefault(mutant.region, []).append(mutant)
        for number, own in of.items():
            region = self.regions[number]
            text = f"({self._string(region.first, region.last)})"
            for mutant in own:
                if mutant.operator != "assignment dropped":
                    text = f"(snn_mutant::sel == {mutant.number}) ? ({mutant.after}) : {text}"
            # No line is added, so that line numbers stay.
            text = text.replace("\n", " ")
            lines = self.text.count("\n", self.tokens[region.first].start, self.tokens[region.last].start)
            edits.append((self.tokens[region.first].start, self.tokens[region.last - 1].end, text + "\n" * lines))
            for mutant in own:
                if mutant.operator == "assignment dropped":
                    i, end = region.statement
                    start = f"begin if (snn_mutant::sel != {mutant.number}) "
                    edits.append((self.tokens[i].start, self.tokens[i].start, start))
                    edits.append((self.tokens[end].end, self.tokens[end].end, " end"))
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def choose(sources, seed, per_line, least, most):
    """A reproducible choice: of every module about `per_line` a line, spread over its places and operators."""
    chosen = []
    for source in sources:
        found = source.mutants()
        random.Random(f"{seed} {source.module}").shuffle(found)
        wanted = round(len(source.tokens) * per_line)
        wanted = min(len(found), max(least, min(most, wanted)))
        regions, operators, own = {}, {}, []
        while len(own) < wanted:
            best = min(
                (m for m in found if m not in own),
                key=lambda m: (2 * regions.get(m.region, 0) + operators.get(m.operator, 0)),
            )
            own.append(best)
            regions[best.region] = regions.get(best.region, 0) + 1
            operators[best.operator] = operators.get(best.operator, 0) + 1
        own.sort(key=lambda m: (m.line, m.operator))
        chosen += own
    for number, mutant in enumerate(chosen, 1):
        mutant.number = number
    return chosen
