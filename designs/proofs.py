"""Proofs of single fields: the record that they come from, and what is known of a root."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from contracts.chains import Chain
from contracts.verifier import FieldProof
from contracts.verifier.sentences import proof_sentence
from designs.models import Design, EntryVersion, FieldProofLink, ProvenanceRecord, RegistryEntry
from designs.selectors import access_design
from designs.verdicts import ClaimShown, Verdict, VersionShown, verdict_of


@dataclass(frozen=True)
class AnchoredRecord:
    """A record whose root stands on chain as that of a version of an entry."""

    record: ProvenanceRecord
    chain_id: int
    registry: str
    entry_id: str
    number: int

    def disclose(self, *keys: str) -> dict[str, Any]:
        """A proof of these fields, with where its root stands (verify/schema/field-proof-1.json)."""
        anchor = {"chain": self.chain_id, "registry": self.registry, "entry": self.entry_id, "number": self.number}
        return {**self.record.salted.disclose(*keys), "anchor": anchor}


def anchored_record(design: Design) -> AnchoredRecord | None:
    """The newest record of a design that stands on chain; None before it does."""
    return next(iter(_anchored(design)), None)


def _anchored(design: Design) -> list[AnchoredRecord]:
    """Records of a design whose roots stand on chain, of its newest version first."""
    if design.chain_id is None or design.entry_id is None:
        return []
    entries = RegistryEntry.objects.filter(chain_id=design.chain_id, entry_id=design.entry_id)
    entry = entries.select_related("event").first()
    if entry is None:
        return []
    added = EntryVersion.objects.filter(chain_id=entry.chain_id, entry_id=entry.entry_id).order_by("-number")
    rows = [*((row.number, row.record_root) for row in added), (1, entry.record_root)]
    known = {one.root: one for one in ProvenanceRecord.objects.filter(version__design=design)}
    return [
        AnchoredRecord(known[root], entry.chain_id, entry.event.address, entry.entry_id, number)
        for number, root in rows
        if root in known
    ]


def shown_proof(public_id: Any) -> dict[str, Any]:
    """The proof behind an address. Raises FieldProofLink.DoesNotExist, also when nobody may see its design any more."""
    link = FieldProofLink.objects.select_related("record").get(public_id=public_id)
    try:
        shown = Design.objects.get(versions__records=link.record_id)
        design = access_design(viewer=AnonymousUser(), public_id=shown.public_id)
    except Design.DoesNotExist as error:
        raise FieldProofLink.DoesNotExist from error
    anchored = next((one for one in _anchored(design) if one.record.pk == link.record_id), None)
    if anchored is None or not set(link.keys) <= link.record.salts.keys():
        raise FieldProofLink.DoesNotExist
    return anchored.disclose(*link.keys)


@dataclass(frozen=True)
class ProofVerdict:
    """What is known of a root on one chain, and of fields that were shown for it; `proof` is None for a root alone."""

    root: str
    proof: FieldProof | None
    verdict: Verdict | None

    @cached_property
    def claims(self) -> list[ClaimShown]:
        return [one for one in self.verdict.claims if one.claim.record_root == self.root] if self.verdict else []

    @cached_property
    def versions(self) -> list[VersionShown]:
        return [one for one in self.verdict.versions if one.version.record_root == self.root] if self.verdict else []

    @property
    def fields(self) -> list[tuple[str, Any]]:
        return list(self.proof.fields.items()) if self.proof is not None else []

    @property
    def word(self) -> str:
        """proven, unanchored or broken, as the stand-alone verifier has it."""
        if self.proof is not None and not self.proof.holds:
            return "broken"
        return "proven" if self.claims or self.versions else "unanchored"

    @property
    def sentence(self) -> str:
        return proof_sentence(self.word, say=_)


def proof_verdict(*, root: str, chain: Chain, registry: str, proof: FieldProof | None = None) -> ProofVerdict:
    """Hold a root (0x and 64 hex digits), and the fields shown for it, against what was read of the chain."""
    here = {"chain_id": chain.chain_id, "record_root": root}
    output = (
        RegistryEntry.objects.filter(**here).values_list("output_hash", flat=True).first()
        or EntryVersion.objects.filter(**here).values_list("output_hash", flat=True).first()
    )
    known = verdict_of(output[2:], chain=chain, registry=registry) if output else None
    return ProofVerdict(root, proof, known)
