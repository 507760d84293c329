from typing import Any

from contracts.indexer.rebuilding import repair_local
from contracts.management.chain_command import ChainCommand, one_sentence


class Command(ChainCommand):
    help = "After the local chain was killed: make database and chain agree again, and say what was done."

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            repair_local(self.chain_of(options), say=self.stdout.write)
