"""The drawings of docs/contracts: where mermaid cannot read one line, readers see an error in place of the drawing."""

import re
from pathlib import Path

from django.conf import settings

DOCS = Path(settings.BASE_DIR) / "docs/contracts"
DRAWING = re.compile(r"^```mermaid\nsequenceDiagram\n(.*?)^```$", re.M | re.S)
# In a sequence diagram a semicolon ends the statement, also within a message.
TEXT = r"[^;]+"
STATEMENT = re.compile(
    rf"(actor|participant) \w+( as {TEXT})?|\w+-?->>\w+: {TEXT}|(loop|alt|opt) {TEXT}|else( {TEXT})?|end"
    rf"|Note over \w+(,\w+)?: {TEXT}"
)


def test_every_line_of_a_drawing_is_a_statement_of_mermaid() -> None:
    drawings = {page.name: DRAWING.findall(page.read_text()) for page in DOCS.glob("*.md")}
    assert [len(drawings[name]) for name in ("README.md", "flows.md")] == [1, 6]
    assert sum(page.read_text().count("```mermaid") for page in DOCS.glob("*.md")) == 7
    lines = [(name, line) for name, found in drawings.items() for one in found for line in one.splitlines()]
    assert [(name, line) for name, line in lines if line.strip() and not STATEMENT.fullmatch(line.strip())] == []
