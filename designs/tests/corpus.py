"""Real files of others, which are no part of this repository."""

import os
from pathlib import Path

import pytest

from designs.tests.many import ROOT


def corpus_folder() -> Path | None:
    """LOOMPRINT_CORPUS, or shared/corpus beside the checkout."""
    named = os.environ.get("LOOMPRINT_CORPUS")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpus"
    return folder if folder.is_dir() else None


CORPUS = corpus_folder()
needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="no shared/corpus beside the checkout, and LOOMPRINT_CORPUS names no folder of real files"
)
