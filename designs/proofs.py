"""Proofs of single fields that are shown to others, and what is known of a root."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from contracts.chains import Chain
from contracts.verifier import FieldProof
from contracts.verifier.sentences import proof_sentence
from designs.anchored import anchored_records
from designs.models import Design, EntryVersion, FieldProofLink, RegistryEntry
from designs.selectors import access_design
from designs.verdicts import ClaimShown, Verdict, VersionShown, verdict_of


def shown_proof(public_id: Any) -> dict[str, Any]:
    """The proof behind an address. Raises FieldProofLink.DoesNotExist, also when nobody may see its design any more."""
    link = FieldProofLink.objects.select_related("record").get(public_id=public_id)
    try:
        shown = Design.objects.get(versions__records=link.record_id)
        design = access_design(viewer=AnonymousUser(), public_id=shown.public_id)
    except Design.DoesNotExist as error:
        raise FieldProofLink.DoesNotExist from error
    anchored = next((one for one in anchored_records(design) if one.record.pk == link.record_id), None)
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
