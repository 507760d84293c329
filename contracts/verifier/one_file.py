"""The verifier as one file: its modules one after the other, without what they import of each other."""

import ast
from functools import cache
from pathlib import Path

_ORDER = (
    "keccak",
    "secp256k1",
    "statement",
    "sentences",
    "rendition",
    "field_proof",
    "proof_verdict",
    "wording",
    "verify",
)


@cache
def one_file() -> str:
    """Python that runs anywhere by itself. Its first lines are those of verify.py, which say how."""
    folder = Path(__file__).resolve().parent
    sources = {name: (folder / f"{name}.py").read_text() for name in _ORDER}
    head = ast.get_docstring(ast.parse(sources["verify"]), clean=False)
    parts = [f'"""{head}"""\n']
    for name in _ORDER:
        parts.append(f"\n# {name}.py\n" + _without_kin(sources[name], keep_docstring=name != "verify"))
    return "".join(parts)


def _without_kin(source: str, *, keep_docstring: bool) -> str:
    """The source without imports from its own folder, which stand under `if __package__`."""
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    dropped: set[int] = set()
    for position, node in enumerate(tree.body):
        kin = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "__package__"
        if kin or (position == 0 and not keep_docstring and isinstance(node, ast.Expr)):
            dropped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "".join(line for number, line in enumerate(lines, start=1) if number not in dropped)
