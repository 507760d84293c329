"""What the chain makes of a proof of fields: whether a record with its root was anchored, and of which file."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

if __package__:
    from .field_proof import FieldProof
    from .rendition import Asker
    from .sentences import attached_sentence, proof_sentence
else:
    from field_proof import FieldProof  # type: ignore[import-not-found, no-redef]
    from rendition import Asker  # type: ignore[import-not-found, no-redef]
    from sentences import attached_sentence, proof_sentence  # type: ignore[import-not-found, no-redef]


@dataclass(frozen=True)
class Proven:
    """A proof against one registry. `claims` and `versions` are those whose record has the proof's root.

    `same_file` says whether a file that was given along is the one that the record speaks of, whose SHA-256 is
    `output`, or stands itself in the shown field `attached`; None without one.
    """

    root: str
    version: int
    fields: dict[str, Any]
    holds: bool
    same_file: bool | None = None
    output: str = ""
    attached: str = ""
    claims: list[Any] = field(default_factory=list)
    versions: list[Any] = field(default_factory=list)

    @property
    def word(self) -> str:
        """proven, attachment (the file stands in a field), unanchored (no record of this registry has the root),
        other_file, or broken."""
        if not self.holds:
            return "broken"
        if not (self.claims or self.versions):
            return "unanchored"
        if self.attached:
            return "attachment"
        return "other_file" if self.same_file is False else "proven"

    @property
    def exit_code(self) -> int:
        return {"proven": 0, "attachment": 0, "unanchored": 1}.get(self.word, 3)

    def sentence(self) -> str:
        if self.word == "attachment":
            return attached_sentence(key=self.attached, master=self.output)
        return proof_sentence(self.word)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.word}


def proven_by(
    proof: FieldProof,
    *,
    sha256: str | None,
    node: Asker,
    registry: str,
    last: int,
    registered: str,
    added: str,
    ask: Callable[[str], Any],
) -> tuple[Proven, Any]:
    """Hold a proof against the registry's logs; with it the answer about the record's file, None where there is none.

    `sha256` is that of a file that was given along; `ask` tells the claims of a SHA-256; `registered` and `added` are
    the topics of the two events that anchor a record.
    """
    root = proof.root[2:]
    found = Proven(proof.root, proof.version, proof.fields, proof.holds)
    if not proof.holds:
        return found, None
    hint = "0x" + proof.entry[2:].rjust(64, "0") if proof.entry else None
    outputs: list[str] = []
    for entry in [hint, None] if hint else [None]:
        # Where both events have the root: its second word, and the file's hash a topic.
        for topics, place in (([registered, entry], 3), ([added, entry], 2)):
            logs = node.logs(registry, topics, 0, last)
            outputs += [log["topics"][place][2:] for log in logs if log["data"][66:130] == root]
        if outputs:
            break
    if not outputs:
        return found, None
    output = sha256 if sha256 in outputs else outputs[0]
    answer = ask(output)
    claims = [claim for claim in answer.claims if claim.record_root == proof.root]
    versions = [version for version in answer.versions if version.record_root == proof.root]
    attached = _attached(proof, sha256) if sha256 != output else ""
    same = None if sha256 is None else output == sha256 or bool(attached)
    return Proven(proof.root, proof.version, proof.fields, True, same, output, attached, claims, versions), answer


def _attached(proof: FieldProof, sha256: str | None) -> str:
    """The shown field that says of a further file that it has this hash; empty where none does."""
    for key, value in proof.fields.items():
        if key.startswith("attachments.") and isinstance(value, dict) and value.get("sha256") == f"0x{sha256}":
            return key
    return ""
