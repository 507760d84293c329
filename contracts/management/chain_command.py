"""What the chain's commands have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contracts.chains import Chain, chain
from contracts.errors import ChainError


class ChainCommand(BaseCommand):
    """A command about the chain in `--chain ROLE`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chain", default="public", help="the chain's role (public)")

    def chain_of(self, options: dict[str, Any]) -> Chain:
        """Raises CommandError for an unknown role."""
        try:
            return chain(options["chain"])
        except KeyError as error:
            raise CommandError(f"No setting names a chain in the role {options['chain']}.") from error


@contextmanager
def one_sentence() -> Iterator[None]:
    """Let a chain's error end the command with its sentence instead of a traceback."""
    try:
        yield
    except ChainError as error:
        raise CommandError(str(error)) from error
