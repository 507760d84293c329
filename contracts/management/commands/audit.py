from typing import Any

from django.core.management.base import CommandError

from contracts.audit import audit
from contracts.management.chain_command import ChainCommand, one_sentence


class Command(ChainCommand):
    help = "Compare the database with the chain; print every difference; exit with 1 if there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        with one_sentence():
            for name, differences in audit(self.chain_of(options)):
                self.stdout.write(f"{name}: {len(differences) or 'no'} differences")
                for difference in differences:
                    self.stdout.write(f"  {difference}")
                count += len(differences)
        if count:
            raise CommandError(f"{count} differences between database and chain.", returncode=1)
        self.stdout.write("Database and chain agree.")
