"""Small programs that ask npm packages, as locked in script/setup/locks; each is installed at its first use."""

import subprocess
from pathlib import Path

from script.setup.node import ensure_frontend_packages, ensure_tool_packages, node_for
from script.setup.paths import FRONTEND, Home

DATA = Path(__file__).parent / "data"


def said_by_node(packages: str, program: str, *words: str | Path) -> bytes:
    """What data/PROGRAM prints when it is run with these words among the packages of that lock."""
    home = Home.of_checkout()
    return _said(ensure_tool_packages(home, node_for(home), packages), program, words)


def said_by_frontend(program: str, *words: str | Path) -> bytes:
    """As said_by_node, among the packages that the pages are built from."""
    home = Home.of_checkout()
    ensure_frontend_packages(home, node_for(home))
    return _said(FRONTEND, program, words)


def _said(folder: Path, program: str, words: tuple[str | Path, ...]) -> bytes:
    node = node_for(Home.of_checkout())
    # As a text, because imports of a file are looked for beside the file.
    text = (DATA / program).read_text()
    done = subprocess.run(
        [node.node, "--input-type=module", "--eval", text, *words],
        cwd=folder,
        env=node.environment(),
        check=True,
        capture_output=True,
        timeout=300,
    )
    return done.stdout
