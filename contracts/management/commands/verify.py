from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contracts.chains import chain
from contracts.verifier import CannotAnswer, Node, as_json, report, sha256_of, verify_hash


class Command(BaseCommand):
    help = "Say what the chain knows of a file: who claimed it, when, first or not, and what is for sale."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--chain", default="public", help="role of the chain to ask")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        here = chain(options["chain"])
        try:
            verdict = verify_hash(
                sha256_of(options["file"]),
                node=Node(here.rpc_url),
                registry=here.deployment.address("DesignRegistry"),
            )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.", returncode=2) from error
        except CannotAnswer as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(as_json(verdict) if options["json"] else report(verdict))
        if not verdict.known:
            raise SystemExit(1)
