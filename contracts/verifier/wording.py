"""A verdict of verify.py as text for people, and as JSON for programs."""

import json
from dataclasses import asdict
from typing import Any


def report(verdict: Any) -> str:
    """The verdict for people."""
    lines = [f"SHA-256 {verdict.sha256}"] if verdict.sha256 else []
    lines += [f"Registry {verdict.registry} on chain {verdict.chain_id}", ""]
    if verdict.proof is not None:
        lines.append(verdict.proof.sentence())
        if verdict.proof.holds:
            shown = verdict.proof.fields.items()
            lines += [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in shown]
        lines += [f"  record root {verdict.proof.root}", ""]
    if verdict.sha256 and not verdict.known:
        lines.append("Nothing is known about this file in this registry.")
    lines += _told(verdict.claims, verdict.versions, paused=verdict.sales_paused)
    for rendition in verdict.renditions:
        lines.append(rendition.sentence())
        told = _told(rendition.claims, rendition.versions, paused=verdict.sales_paused)
        lines += [line.replace("this file", "that file", 1).replace("This file", "That file", 1) for line in told]
    lines += verdict.unread
    if verdict.renditions:
        lines.append("Content Credentials (C2PA) in the file are not checked here.")
    return "\n".join(lines)


def _told(claims: list[Any], versions: list[Any], *, paused: bool) -> list[str]:
    lines = []
    for claim in claims:
        lines += [
            claim.sentence(),
            *([f"  {claim.status}: {claim.standing()}"] if claim.standing() else []),
            f"  entry {claim.entry_id}, record root {claim.record_root}",
            f"  block {claim.block}, transaction {claim.transaction}",
        ]
        for sale in claim.on_sale:
            left = "" if sale.left is None else f", {sale.left} left"
            lines.append(f"  for sale: license under terms {sale.terms} for {sale.amount} {sale.symbol}{left}")
            if sale.starts_at or sale.ends_at:
                lines.append(f"    from {sale.starts_at or 'now'} until {sale.ends_at or 'further notice'}")
            if sale.restricted:
                lines.append("    to a list of accounts, or to holders of a token, only")
        if not claim.on_sale:
            lines.append("  nothing is for sale" + (": sales are paused" if paused else ""))
    for version in versions:
        lines += [
            f"This file is version {version.number} of entry {version.entry_id}, added at {version.added_at}.",
            f"  {version.status}; record root {version.record_root}",
            f"  block {version.block}, transaction {version.transaction}",
        ]
    return lines


def as_json(verdict: Any) -> str:
    renditions = [one.as_dict() for one in verdict.renditions]
    proof = verdict.proof.as_dict() if verdict.proof is not None else None
    more = {"known": verdict.known, "verdict": verdict.word, "renditions": renditions, "proof": proof}
    return json.dumps({**asdict(verdict), **more}, indent=2, sort_keys=True)
