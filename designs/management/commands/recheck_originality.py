"""manage.py recheck_originality: compare all versions anew after the thresholds or the fingerprints changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designs.services.rechecking import recheck


class Command(BaseCommand):
    help = (
        "Compare every version that was not compared by the present thresholds. May be ended and started again at "
        "any time: it goes on with what is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, help="at most so many versions that can be read (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number from 1 on.")
        done = failed = 0
        for one in recheck(limit=options["limit"]):
            done += not one.problem
            failed += bool(one.problem)
            if one.problem:
                self.stderr.write(f"version {one.version_id}: {one.problem}")
        self.stdout.write(f"{done} compared, {failed} could not be read and stay due.")
