"""manage.py plan_missing_steps: let older versions have the pictures and measurements that this release makes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designs.services.processing import plan_missing


class Command(BaseCommand):
    help = (
        "Plan what this release makes of a file, and an earlier one did not, for versions that were processed by it. "
        "Workers do it, after everything that somebody waits for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, help="at most so many versions (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number from 1 on.")
        self.stdout.write(f"Steps were planned for {plan_missing(limit=options['limit'])} versions.")
