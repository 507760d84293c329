from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designs.errors import DesignError
from designs.services.car_export import export_car


class Command(BaseCommand):
    help = "Write a stored master as a CAR (version 1), whose root is the CID that is recorded for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sha256", help="64 hex digits")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["file"]
        try:
            cid, blocks = export_car(sha256=options["sha256"].lower(), target=target)
        except DesignError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{cid} in {blocks} blocks")
