from typing import Any

from django.core.management.base import CommandError, CommandParser

from contracts.indexer.beside import reindex_beside
from contracts.indexer.rebuilding import reindex
from contracts.management.chain_command import ChainCommand, one_sentence


class Command(ChainCommand):
    help = "Read a chain again from the deployment's block, rebuild all projections, send what it forgot."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--beside",
            action="store_true",
            help="into tables of its own while the indexer goes on; then put right what differs",
        )
        parser.add_argument(
            "--compare", action="store_true", help="as --beside, but change nothing; fails when something differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        here = self.chain_of(options)
        with one_sentence():
            if not options["beside"] and not options["compare"]:
                reindex(here, say=self.stdout.write)
                return
            found = reindex_beside(here, repair=not options["compare"], say=self.stdout.write)
        if found and options["compare"]:
            raise CommandError("The database differs from a fresh read: run manage.py reindex --beside.")
