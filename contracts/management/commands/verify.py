from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from contracts.errors import ChainError
from contracts.management.chain_command import ChainCommand
from contracts.verifier import CannotAnswer, Node, as_json, report, verify_file


class Command(ChainCommand):
    help = "Say what the chain knows of a file: who claimed it, when, first or not, and what is for sale."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--statement", help="the JSON that came beside a rendition which cannot hold it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            here = self.chain_of(options)
            beside = Path(options["statement"]).read_bytes() if options["statement"] else None
            verdict = verify_file(
                options["file"],
                node=Node(here.rpc_url),
                registry=here.deployment.address("DesignRegistry"),
                beside=beside,
            )
        except OSError as error:
            name = error.filename or options["file"]
            raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error
        except (CannotAnswer, ChainError, CommandError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(as_json(verdict) if options["json"] else report(verdict))
        if verdict.exit_code:
            raise SystemExit(verdict.exit_code)
