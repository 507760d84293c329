"""Whether what a file states of itself holds: it is whole, the operator signed it, and the master is claimed."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

if __package__:
    from .keccak import checksummed
    from .sentences import rendition_sentence
    from .statement import NoStatement, Statement, content_of, read_beside, statements_in
else:
    from keccak import checksummed  # type: ignore[import-not-found, no-redef]
    from sentences import rendition_sentence  # type: ignore[import-not-found, no-redef]
    from statement import NoStatement, Statement, content_of, read_beside, statements_in  # type: ignore[import-not-found, no-redef]

AUTHORITY = "0xbf7e214f"
HAS_ROLE = "0xd1f856ee"
ROLE_GRANTED = "0xf98448b987f1428e0e230e1f3c6e2ce15b5693eaf31827fbd0b1ec4b424ae7cf"
OPERATOR_ROLE = 1

_TROUBLES = {
    "changed": "the file is not what was signed: it was changed since",
    "unsigned": "no key signed it",
    "other_registry": "it speaks of registry {registry} on chain {chain_id}, which was not asked",
    "stranger": "{signer} signed it, who is not this registry's operator",
    "former_operator": "{signer} signed it, who was this registry's operator and is not any more",
    "no_claim": "the registry knows no claim of that master by entry {entry_id}",
}


class Asker(Protocol):
    """A node of the chain, as verify.py has it."""

    def call(self, to: str, data: str) -> str: ...

    def logs(self, address: str, topics: list[str | None], first: int, last: int) -> Iterator[dict[str, Any]]: ...


@dataclass(frozen=True)
class Rendition:
    """What a file states of itself. `trouble` says why that does not hold; it holds where there is none.

    `place` is "in the file" or "beside the file". Of the master's claims, those of the stated entry are here.
    """

    form: str
    master: str
    entry_id: str
    chain_id: int
    registry: str
    signer: str | None
    place: str
    trouble: str = ""
    claims: list[Any] = field(default_factory=list)
    versions: list[Any] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.trouble

    def sentence(self) -> str:
        """What the statement proves, or why it proves nothing."""
        if self.trouble:
            why = _TROUBLES[self.trouble].format(**{name: getattr(self, name) for name in self.__dataclass_fields__})
            return f"A statement {self.place} that it is a rendition of {self.master} does not hold: {why}."
        return rendition_sentence(master=self.master, form=self.form, signer=checksummed(str(self.signer)))

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


def renditions_of(
    path: str,
    sha256: str,
    *,
    beside: bytes | None,
    node: Asker,
    chain_id: int,
    registry: str,
    last: int,
    ask: Callable[[str], Any],
) -> tuple[list[Rendition], list[str]]:
    """What a file states of itself and what is stated beside it, each held against the chain; and what of it could
    not be read, in sentences: the rest counts all the same.

    `ask` tells the claims of a SHA-256; `last` is the newest block.
    """
    found: list[tuple[Statement, bool, str]] = []
    unread: list[str] = []
    try:
        found += [(one, whole, "in the file") for one, whole in statements_in(path)]
    except NoStatement as error:
        unread.append(f"What the file may state of itself cannot be read. {error}")
    if beside is not None:
        try:
            one = read_beside(beside)
            whole = (sha256 if one.scheme == "file" else content_of(path, one)) == one.content
            found.append((one, whole, "beside the file"))
        except NoStatement as error:
            unread.append(f"What is stated beside the file cannot be read. {error}")
    told = [
        _held(one, whole, place, node=node, chain_id=chain_id, registry=registry, last=last, ask=ask)
        for one, whole, place in found
    ]
    # One that was made of another rendition still has that one's statement in it, which is not about this file.
    holding = [one for one in told if one.holds]
    return holding or told, unread


def _held(
    one: Statement,
    whole: bool,
    place: str,
    *,
    node: Asker,
    chain_id: int,
    registry: str,
    last: int,
    ask: Callable[[str], Any],
) -> Rendition:
    signer = one.signer()
    stated = Rendition(one.form, one.master, one.entry_id, one.chain_id, one.registry, signer, place)

    def troubled(trouble: str) -> Rendition:
        return Rendition(**{**asdict(stated), "trouble": trouble})

    if not whole:
        return troubled("changed")
    if signer is None:
        return troubled("unsigned")
    if (one.chain_id, one.registry) != (chain_id, registry.lower()):
        return troubled("other_registry")
    if trouble := _standing(signer, node=node, registry=registry, last=last):
        return troubled(trouble)
    answer = ask(one.master)
    claims = [claim for claim in answer.claims if claim.entry_id == one.entry_id]
    versions = [version for version in answer.versions if version.entry_id == one.entry_id]
    if not claims and not versions:
        return troubled("no_claim")
    return Rendition(**{**asdict(stated), "claims": claims, "versions": versions})


def _standing(signer: str, *, node: Asker, registry: str, last: int) -> str:
    """Empty for an operator of the registry; else what else the signer is."""
    authority = "0x" + node.call(registry, AUTHORITY)[-40:]
    role, account = f"{OPERATOR_ROLE:064x}", signer[2:].rjust(64, "0")
    answer = node.call(authority, HAS_ROLE + role + account)
    if int(answer[2:66] or "0", 16):
        return ""
    granted = node.logs(authority, [ROLE_GRANTED, "0x" + role, "0x" + account], 0, last)
    return "stranger" if next(granted, None) is None else "former_operator"


__all__ = ["Rendition", "renditions_of"]
