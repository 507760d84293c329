"""manage.py fit_originality CORPUS: fit the thresholds of a match anew, judge them, and write both down."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designs.originality import fitting
from designs.originality.thresholds import FILE, thresholds


class Command(BaseCommand):
    help = "Fit the originality thresholds on one half of the shapes and pictures, and judge them on the other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpus", type=Path, help="folder with the files that evidence/halves.json lists by hash")
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed values differ")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus: Path = options["corpus"]
        if not corpus.is_dir():
            raise CommandError(f"{corpus} is no folder: name the one that holds the corpus.")
        tell = self.stderr.write if options["verbosity"] > 1 else _nothing
        before = thresholds() if FILE.exists() else fitting.WIDE
        found = fitting.fitted(corpus, before.version, tell)
        if options["check"]:
            if found != before:
                raise CommandError(f"The fit is {asdict(found)}, and the committed one {asdict(before)}.")
            return
        if found != before:
            found = replace(found, version=before.version + 1)
        shapes = fitting.judge_shapes("judge", corpus, found, tell)
        pictures = fitting.judge_pictures("judge", found, tell)
        written = {"thresholds": asdict(found), "judged": {"shapes": shapes.as_json(), "pictures": pictures.as_json()}}
        FILE.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        thresholds.cache_clear()
        self.stdout.write(json.dumps(written, indent=2))


def _nothing(_line: str) -> None:
    return
