from typing import Any

from django.core.management.base import CommandError

from contracts.audit import Part
from contracts.management.chain_command import ChainCommand, one_sentence
from contracts.operations.auditing import record_audit, totals_in_words


class Command(ChainCommand):
    help = "Compare the database with the chain; print every difference; exit with 1 if there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        here = self.chain_of(options)
        with one_sentence():
            run = record_audit(chain=here, say=self._say)
        for sentence in totals_in_words(here, run):
            self.stdout.write(sentence)
        if run.differences:
            raise CommandError(f"{run.differences} differences between database and chain.", returncode=1)
        self.stdout.write("Database and chain agree.")

    def _say(self, part: Part) -> None:
        self.stdout.write(f"{part.name}: {len(part.differences) or 'no'} differences")
        for difference in part.differences:
            self.stdout.write(f"  {difference}")
