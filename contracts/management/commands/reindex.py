from typing import Any

from contracts.indexer.rebuilding import reindex
from contracts.management.chain_command import ChainCommand, one_sentence


class Command(ChainCommand):
    help = "Read a chain again from the deployment's block, rebuild all projections, send what it forgot."

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            reindex(self.chain_of(options), say=self.stdout.write)
