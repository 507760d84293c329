import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from contracts.errors import ChainError
from contracts.hooks import provers, staters, tellers
from contracts.management.chain_command import ChainCommand
from contracts.verifier import CannotAnswer, Node, Verdict, as_json, report, verify_file, verify_proof


class Command(ChainCommand):
    help = "Say what the chain knows of a file, or of fields of its record: who claimed it, when, and whether first."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", nargs="?")
        parser.add_argument("--statement", help="the JSON that came beside a rendition which cannot hold it")
        parser.add_argument("--proof", help="the JSON with chosen fields of a record that its creator gave away")
        parser.add_argument("--credentials", help="the Content Credentials (C2PA) that came beside the file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"] and not options["proof"]:
            raise CommandError("Name a file, a proof, or both.", returncode=2)
        try:
            here = self.chain_of(options)
            beside = Path(options["statement"]).read_bytes() if options["statement"] else None
            if options["credentials"]:
                Path(options["credentials"]).open("rb").close()
            asked: dict[str, Any] = {
                "node": Node(here.rpc_url),
                "registry": here.deployment.address("DesignRegistry"),
                "beside": beside,
            }
            if options["proof"]:
                verdict = verify_proof(Path(options["proof"]).read_bytes(), options["file"], **asked)
            else:
                verdict = verify_file(options["file"], **asked)
                if not verdict.known:
                    verdict = _looked_up(verdict, options["file"], chain_id=here.chain_id, asked=asked)
        except OSError as error:
            name = error.filename or options["file"]
            raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error
        except (CannotAnswer, ChainError, CommandError) as error:
            raise CommandError(str(error), returncode=2) from error
        # A proof alone comes without a file of which more could be told.
        file, credentials = (Path(options[name]) if options[name] else None for name in ("file", "credentials"))
        told = {name: dict(tell(file, credentials)) for name, tell in tellers()} if file else {}
        self.stdout.write(as_json(verdict, told) if options["json"] else report(verdict, told))
        if verdict.exit_code:
            raise SystemExit(verdict.exit_code)


def _looked_up(verdict: Verdict, file: str, *, chain_id: int, asked: dict[str, Any]) -> Verdict:
    """The verdict with what our database has of a file that the chain does not know, held against the chain: a
    statement about a rendition that cannot hold it, or a proof of a field in which the file stands."""
    try:
        statements = [one.encode() for state in staters() for one in state(verdict.sha256, chain_id)]
        proofs = [json.dumps(proof).encode() for prove in provers() for proof in prove(verdict.sha256, chain_id)]
    except DatabaseError:
        unasked = (
            "Whether it was delivered here or comes with a licensed work was not asked: the database does not answer."
        )
        return replace(verdict, unread=[*verdict.unread, unasked])
    stated = (verify_file(file, **{**asked, "beside": beside}) for beside in statements)
    proven = (verify_proof(proof, file, **asked) for proof in proofs)
    return next((one for one in chain(stated, proven) if one.word in ("rendition", "attachment")), verdict)
