"""Every small change to a Solidity source that script/contracts mutants tries.

An operator, a bound, a condition, a constant, a statement or a modifier becomes another or is left out. This reads
text, not a syntax tree: `forge fmt` puts spaces around operators, and what does not compile is no mutant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# What stands between spaces, and what it becomes: the bound moved by one, and the opposite.
_OPERATORS: dict[str, tuple[str, ...]] = {
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    "%": ("*",),
    "+=": ("-=",),
    "-=": ("+=",),
    "|=": ("&=",),
    "^=": ("|=",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "&&": ("||",),
    "||": ("&&",),
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">="),
    ">": (">=", "<="),
    "<=": ("<", ">"),
    ">=": (">", "<"),
}
_IN_ASSEMBLY = {
    "add": "sub",
    "sub": "add",
    "gt": "lt",
    "lt": "gt",
    "and": "or",
    "or": "and",
    "shl": "shr",
    "shr": "shl",
}
_OPERATOR = re.compile(r"(?<= )(" + "|".join(map(re.escape, sorted(_OPERATORS, key=len, reverse=True))) + r")(?= )")
_CALLED = re.compile(rf"\b({'|'.join(_IN_ASSEMBLY)})(?=\()")
_NUMBER = re.compile(r"(?<![\w.$])(?:0x[0-9a-f]{1,16}|\d[\d_]*)(?![\w.])")
_TRUTH = re.compile(r"\b(?:true|false)\b")
_NOT = re.compile(r"!(?=[\w(])")
_FUNCTION = re.compile(r"\b(?:function\s+(\w+)|(constructor)|(receive))\s*\(")
_CONSTANT = re.compile(r"^(?:    )?[\w]+ (?:\w+ )?constant (\w+) =(?=\s)", re.M)
_NO_MODIFIER = (
    "external",
    "public",
    "internal",
    "private",
    "view",
    "pure",
    "payable",
    "virtual",
    "override",
    "returns",
)
_CONTROL = ("if ", "else", "for ", "while ", "do ", "try ", "catch", "unchecked", "assembly")

# From, to, what comes there, and what that is.
Change = tuple[int, int, str, str]


@dataclass(frozen=True)
class Mutant:
    """One change: `text` is the whole source with it; `before` and `after` are the lines that it changes."""

    source: str
    line: int
    place: str
    what: str
    before: str
    after: str
    text: str = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Stays when lines move."""
        return (self.source, self.place, self.before, self.after)


def mutants_of(source: str, text: str) -> list[Mutant]:
    """In the order of the lines; `place` is the function or constant."""
    code = without_comments(text)
    found: dict[str, Mutant] = {}
    for place, (start, end, replacement, what) in _changes(code):
        mutated = text[:start] + replacement + text[end:]
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        before = " ".join(text[first:last].split())
        after = " ".join((text[first:start] + replacement + text[end:last]).split())
        if before != after and mutated not in found:
            line = text.count("\n", 0, start) + 1
            found[mutated] = Mutant(source, line, place, what, before, after or "nothing", mutated)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def without_comments(text: str) -> str:
    """The same text with comments and strings blanked, so that places stay."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", "~" if match[0][0] == '"' else " ", match[0])

    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', blank, text, flags=re.DOTALL)


def closing(code: str, opening: int) -> int:
    """The place behind the bracket that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(code)):
        depth += (code[place] in "({[") - (code[place] in ")}]")
        if depth == 0:
            return place + 1
    raise ValueError("brackets do not match")


def _changes(code: str) -> Iterator[tuple[str, Change]]:
    for match in _CONSTANT.finditer(code):
        for change in _of_expressions(code, match.end(), code.index(";", match.end())):
            yield match[1], change
    for match in _FUNCTION.finditer(code):
        name = match[1] or match[2] or match[3]
        header = place = closing(code, match.end() - 1)
        while code[place] not in "{;":
            place = closing(code, place) if code[place] == "(" else place + 1
        if code[place] == "{":
            end = closing(code, place)
            for rule in (_of_header, _of_expressions, _of_conditions, _of_statements, _of_assembly):
                for change in rule(code, header if rule is _of_header else place, place if rule is _of_header else end):
                    yield name, change


def _of_header(code: str, start: int, end: int) -> Iterator[Change]:
    place = start
    while match := re.compile(r"\s*(\w+) ?").match(code, place, end):
        place = closing(code, match.end()) if code[match.end()] == "(" else match.end()
        if match[1] not in _NO_MODIFIER:
            yield match.start(1), place, "", f"without {match[1]}"


def _of_expressions(code: str, start: int, end: int) -> Iterator[Change]:
    for match in _OPERATOR.finditer(code, start, end):
        for other in _OPERATORS[match[1]]:
            yield match.start(), match.end(), other, f"{match[1]} becomes {other}"
    for match in _NUMBER.finditer(code, start, end):
        number = int(match[0].replace("_", ""), 0 if match[0].startswith("0x") else 10) + 1
        other = hex(number) if match[0].startswith("0x") else str(number)
        yield match.start(), match.end(), other, f"{match[0]} becomes {other}"
    for match in _TRUTH.finditer(code, start, end):
        other = "false" if match[0] == "true" else "true"
        yield match.start(), match.end(), other, f"{match[0]} becomes {other}"
    for match in _NOT.finditer(code, start, end):
        yield match.start(), match.end(), "", "without !"


def _of_conditions(code: str, start: int, end: int) -> Iterator[Change]:
    for match in re.compile(r"\bif \(").finditer(code, start, end):
        behind = closing(code, match.end() - 1)
        yield match.end(), behind - 1, "false", "the condition is never met"
        # A revert that always happens is told by any test.
        if not code[behind:].lstrip(" {\n").startswith("revert"):
            yield match.end(), behind - 1, "true", "the condition is always met"


def _of_statements(code: str, start: int, end: int) -> Iterator[Change]:
    """Statements that stand alone: what begins behind ;, { or } and ends with ; outside brackets."""
    begin = place = start + 1
    while place < end - 1:
        if code[place] in "([":
            place = closing(code, place)
            continue
        if code[place] == ";":
            first = begin + len(code[begin:place]) - len(code[begin:place].lstrip())
            if not code.startswith(_CONTROL, first):
                yield first, place + 1, "", "left out"
        if code[place] in ";{}":
            begin = place + 1
        place += 1


def _of_assembly(code: str, start: int, end: int) -> Iterator[Change]:
    """There a statement is a line."""
    for block in re.compile(r"assembly \(~+\) \{").finditer(code, start, end):
        behind = closing(code, block.end() - 1) - 1
        for match in re.compile(r"^ *(\w+(?:\(.*\)| := .*))$", re.M).finditer(code, block.end(), behind):
            yield match.start(1), match.end(1), "", "left out"
        for match in _CALLED.finditer(code, block.end(), behind):
            yield match.start(), match.end(), _IN_ASSEMBLY[match[1]], f"{match[1]} becomes {_IN_ASSEMBLY[match[1]]}"
        for match in re.compile(r"^ *if (.+) \{$", re.M).finditer(code, block.end(), behind):
            yield match.start(1), match.end(1), "0", "the condition is never met"
            yield match.start(1), match.end(1), "1", "the condition is always met"
