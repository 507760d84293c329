from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designs.services.discarding import adopt
from designs.services.scrubbing import scrub
from designs.storage import StorageError
from designs.storage.configured import STORES, bare_store


class Command(BaseCommand):
    help = "Hash every stored file again, bring back from the replica what is lost or damaged, and fill the replica."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="before, write down the files that this database knows nothing of, so that those which nothing refers "
            "to go a day later. Not where the store serves another database too.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["adopt"]:
                for store in STORES:
                    new = adopt(store=store, names=bare_store(store).names())
                    self.stdout.write(f"{store}: {new} written down")
            results = scrub(say=self.stdout.write)
        except StorageError as error:
            raise CommandError(str(error)) from error
        for name, found in results.items():
            self.stdout.write(
                f"{name}: {found.checked} checked, {found.restored} restored, {found.lost} lost, "
                f"{found.copied} copied to the replica"
            )
        lost = sum(found.lost for found in results.values())
        if lost:
            raise CommandError(f"Files that could not be brought back: {lost}.")
