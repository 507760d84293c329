"""A verdict of verify.py as text for people, and as JSON for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

if __package__:
    from .sentences import BY_PROOF, NEAR_MATCHES, NOTHING_MORE, OF_THAT_FILE, ORIGINAL, UNKNOWN
else:
    from sentences import (  # type: ignore[import-not-found, no-redef]
        BY_PROOF,
        NEAR_MATCHES,
        NOTHING_MORE,
        OF_THAT_FILE,
        ORIGINAL,
        UNKNOWN,
    )

Told = Mapping[str, Mapping[str, Any]]
"""What else was looked at, by name; `sentence` in each is for people."""


def said_of_file(verdict: Any) -> list[str]:
    """What is said of a file, as the page and the API say it too."""
    said = [verdict.proof.sentence()] if verdict.proof is not None else []
    said += [line for one in _attached_to(verdict) for line in _of_that_file(one)]
    said += [UNKNOWN, NEAR_MATCHES, BY_PROOF] if verdict.sha256 and not verdict.known else []
    for one in [*verdict.claims, *verdict.versions]:
        said += _said_of(one)
    for rendition in verdict.renditions:
        said.append(rendition.sentence())
        said += [line for one in rendition.claims or rendition.versions for line in _of_that_file(one)]
    return said + verdict.unread


def _said_of(one: Any) -> list[str]:
    """Of a claim or a version: what it is, what became of it, and its lineage."""
    standing = [one.standing()] if one.standing() else []
    return [one.sentence(), *standing, *([ancestor.sentence() for ancestor in one.ancestors] or [ORIGINAL])]


def _of_that_file(one: Any) -> list[str]:
    first, *rest = _said_of(one)
    return [f"{OF_THAT_FILE} {first}", *rest]


def _attached_to(verdict: Any) -> list[Any]:
    """Claims or versions of the record in a field of which the file stands."""
    attached = verdict.proof is not None and verdict.proof.word == "attachment"
    return list(verdict.proof.claims or verdict.proof.versions) if attached else []


def report(verdict: Any, told: Told | None = None) -> str:
    """The verdict for people."""
    lines = [f"SHA-256 {verdict.sha256}"] if verdict.sha256 else []
    lines += [f"Registry {verdict.registry} on chain {verdict.chain_id}", ""]
    if verdict.proof is not None:
        lines.append(verdict.proof.sentence())
        if verdict.proof.holds:
            shown = verdict.proof.fields.items()
            lines += [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in shown]
        lines += [f"  record root {verdict.proof.root}", ""]
    for one in _attached_to(verdict):
        lines += _evidence(one, _of_that_file(one), paused=verdict.sales_paused)
    if verdict.sha256 and not verdict.known:
        lines += [UNKNOWN, NEAR_MATCHES, BY_PROOF]
    for one in [*verdict.claims, *verdict.versions]:
        lines += _evidence(one, _said_of(one), paused=verdict.sales_paused)
    for rendition in verdict.renditions:
        lines.append(rendition.sentence())
        if rendition.holds:
            lines.append(f"  stated {rendition.place}, by whom the registry calls its operator")
        for one in rendition.claims or rendition.versions:
            lines += _evidence(one, _of_that_file(one), paused=verdict.sales_paused)
    lines += verdict.unread
    lines += [str(one["sentence"]) for one in (told or {}).values()]
    if verdict.known:
        lines.append(NOTHING_MORE)
    return "\n".join(lines)


def _evidence(one: Any, said: list[str], *, paused: bool) -> list[str]:
    """What is said of a claim or a version, and what it stands on."""
    first, *rest = said
    lines = [
        first,
        *(f"  {sentence}" for sentence in rest),
        f"  entry {one.entry_id}, record root {one.record_root}",
        f"  block {one.block}, transaction {one.transaction}",
    ]
    if not hasattr(one, "on_sale"):
        return lines
    for sale in one.on_sale:
        left = "" if sale.left is None else f", {sale.left} left"
        lines.append(f"  for sale: license under terms {sale.terms} for {sale.amount} {sale.symbol}{left}")
        if sale.starts_at or sale.ends_at:
            lines.append(f"    from {sale.starts_at or 'now'} until {sale.ends_at or 'further notice'}")
        if sale.restricted:
            lines.append("    to a list of accounts, or to holders of a token, only")
    if not one.on_sale:
        lines.append("  nothing is for sale" + (": sales are paused" if paused else ""))
    return lines


def as_json(verdict: Any, told: Told | None = None) -> str:
    """The verdict for programs; `sentences` are those for people."""
    renditions = [one.as_dict() for one in verdict.renditions]
    proof = verdict.proof.as_dict() if verdict.proof is not None else None
    more = {"known": verdict.known, "verdict": verdict.word, "sentences": said_of_file(verdict)}
    told_of_file = {**asdict(verdict), **more, "renditions": renditions, "proof": proof, **(told or {})}
    return json.dumps(told_of_file, indent=2, sort_keys=True)
