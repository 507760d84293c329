from typing import Any

from contracts.management.chain_command import ChainCommand, one_sentence
from contracts.startup import check_chain


class Command(ChainCommand):
    help = "Refuse a wrong chain, or one without our contracts; say when it cannot be reached."

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            here = self.chain_of(options)
            self.stdout.write(check_chain(here) or f"Chain {here.chain_id} has our contracts.")
