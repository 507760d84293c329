from typing import Any

from django.core.management.base import BaseCommand, CommandError

from designs.services.scrubbing import scrub
from designs.storage import StorageError


class Command(BaseCommand):
    help = "Hash every stored file again, bring back from the replica what is lost or damaged, and fill the replica."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
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
