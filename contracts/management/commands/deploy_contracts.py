from typing import Any

from django.core.management.base import CommandParser

from contracts.deployment import ensure_deployed
from contracts.management.chain_command import ChainCommand, one_sentence


class Command(ChainCommand):
    help = "Deploy Loomprint's contracts to a chain that has none; go on with an interrupted deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--currency", metavar="ADDRESS", help="the ERC-20 of all prices (real chains)")
        parser.add_argument(
            "--test-stablecoin", action="store_true", help="deploy the worthless test dollar to a real chain"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence():
            ensure_deployed(
                self.chain_of(options),
                say=self.stdout.write,
                test_stablecoin=options["test_stablecoin"],
                currency=options["currency"],
            )
