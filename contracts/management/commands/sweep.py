from typing import Any

from contracts.management.chain_command import ChainCommand, one_sentence
from contracts.outbox.sweeping import sweep_chain


class Command(ChainCommand):
    help = "Do once what the sweeper does all the time: send, send again, follow receipts, deliver outcomes."

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            sweep_chain(self.chain_of(options))
