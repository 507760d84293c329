from typing import Any

from django.core.management.base import CommandError

from contracts.management.chain_command import ChainCommand, one_sentence
from contracts.operations.auditing import record_audit


class Command(ChainCommand):
    help = "Compare the database with the chain; print every difference; exit with 1 if there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            run = record_audit(chain=self.chain_of(options), say=self._say)
        if run.differences:
            raise CommandError(f"{run.differences} differences between database and chain.", returncode=1)
        self.stdout.write("Database and chain agree.")

    def _say(self, name: str, differences: list[str]) -> None:
        self.stdout.write(f"{name}: {len(differences) or 'no'} differences")
        for difference in differences:
            self.stdout.write(f"  {difference}")
