from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contracts.chains import chain
from contracts.deployment import ensure_deployed
from contracts.errors import ChainError


class Command(BaseCommand):
    help = "Deploy Loomprint's contracts to a chain that has none; go on with an interrupted deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chain", default="public", help="the chain's role (public)")
        parser.add_argument(
            "--currency", metavar="ADDRESS", help="the ERC-20 that prices are in (real chains)"
        )
        parser.add_argument(
            "--test-stablecoin", action="store_true", help="deploy the worthless test dollar to a real chain"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ensure_deployed(
                chain(options["chain"]),
                say=self.stdout.write,
                test_stablecoin=options["test_stablecoin"],
                currency=options["currency"],
            )
        except ChainError as error:
            raise CommandError(str(error)) from error
