"""What a registration proves of a file, said exactly and no more: the answer of the verify page and of the API."""

import json
import shlex
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from contracts.chains import Chain
from contracts.selectors import ActionStatus, SyncStatus, confirmation_status, sync_status
from contracts.verifier.verify import ENTRY_REGISTERED
from designs.file_credentials import CredentialsShown, credentials_by_master
from designs.lineage import shown_by_entry
from designs.models import Design, EntryVersion, RegistryEntry, Rendition, Resource
from designs.resources import resources_by_entry
from designs.selectors import claims_of, renditions_of, state_word, versions_of

AT_MOST = 50
# A reader that polls stands a block or two behind, always.
SETTLED_LAG = 3


@dataclass(frozen=True)
class ClaimShown:
    """One claim with what became of it; `design`, which may be a model, program or data set, is None where no page
    shows it."""

    claim: RegistryEntry
    status: ActionStatus
    design: Design | Resource | None

    @property
    def order(self) -> int:
        return self.claim.claim_order  # type: ignore[attr-defined]

    @property
    def state(self) -> str:
        return state_word(self.claim.entry_status)  # type: ignore[attr-defined]

    @property
    def custodial(self) -> bool:
        return bool(self.claim.custodial and self.claim.custodial[0])

    @property
    def first(self) -> bool:
        return self.order == 1

    @property
    def sentence(self) -> str:
        return claim_sentence(self.claim)

    @property
    def standing(self) -> str:
        return standing_sentence(self.state, sold=self.claim.kind == RegistryEntry.Kind.DESIGN)


@dataclass(frozen=True)
class VersionShown:
    """An entry of which the file is a later version."""

    version: EntryVersion
    status: ActionStatus
    design: Design | None

    @property
    def state(self) -> str:
        return state_word(self.version.entry_status)  # type: ignore[attr-defined]

    @property
    def standing(self) -> str:
        return standing_sentence(self.state, sold=True)

    @property
    def sentence(self) -> str:
        return _(
            "This file is version %(number)s of an entry, added at %(time)s; its first version is another file."
        ) % {
            "number": self.version.number,
            "time": utc_text(self.version.event.block.timestamp),
        }


@dataclass(frozen=True)
class RenditionShown:
    """What we delivered and is not the master byte for byte, with what is known of that master by its entry."""

    sha256: str
    rendition: Rendition
    master: "Verdict"

    @property
    def claims(self) -> list[ClaimShown]:
        return [one for one in self.master.claims if one.claim.entry_id == self.rendition.entry_id]

    @property
    def versions(self) -> list[VersionShown]:
        return [one for one in self.master.versions if one.version.entry_id == self.rendition.entry_id]

    @property
    def signature_holds(self) -> bool:
        """Looked at again, each time somebody asks."""
        stated = self.rendition.beside
        return stated.signer() == self.rendition.signer.lower() and stated.content == self.sha256

    @property
    def sentence(self) -> str:
        return _("This file is a rendition of the file with SHA-256 %(master)s (%(form)s), as %(signer)s signed.") % {
            "master": self.rendition.master_sha256,
            "form": self.rendition.get_form_display(),
            "signer": self.rendition.signer,
        }


@dataclass(frozen=True)
class Verdict:
    """What is known of a file by one chain, and up to which of its blocks. `more` counts the claims left out."""

    sha256: str
    chain_id: int
    registry: str
    node: str
    sync: SyncStatus
    claims: list[ClaimShown]
    versions: list[VersionShown]
    more: int
    renditions: list[RenditionShown] = field(default_factory=list)
    credentials: CredentialsShown | None = None

    @property
    def known(self) -> bool:
        return bool(self.claims or self.versions) or any(one.signature_holds for one in self.renditions)

    @property
    def unread(self) -> bool:
        """Nothing was ever read of the chain, so that not even "unknown" can be said."""
        return not self.sync.indexed and not self.known

    @property
    def behind(self) -> bool:
        return not self.sync.reachable or self.sync.lag > SETTLED_LAG

    @property
    def command_verifier(self) -> str:
        return verifier_command("FILE", node=self.node, registry=self.registry)

    @property
    def command_logs(self) -> str:
        return logs_command(self.sha256, node=self.node, registry=self.registry)


def verdict_of(sha256: str, *, chain: Chain, registry: str) -> Verdict:
    """Everything known of this hash (64 hex digits), in seven queries, one more where there are very many
    claims, and four more for each master of a rendition."""
    known = _verdict_of(sha256, chain=chain, registry=registry)
    return replace(
        known,
        credentials=credentials_by_master(sha256) if known.claims or known.versions else None,
        renditions=[
            RenditionShown(sha256, one, _verdict_of(one.master_sha256, chain=chain, registry=registry))
            for one in renditions_of(sha256, chain_id=chain.chain_id)
        ],
    )


def _verdict_of(sha256: str, *, chain: Chain, registry: str) -> Verdict:
    output_hash = "0x" + sha256
    claims = claims_of(output_hash, chain_id=chain.chain_id, at_most=AT_MOST + 1)
    shown, more = claims[:AT_MOST], 0
    if len(claims) > AT_MOST:
        more = RegistryEntry.objects.filter(output_hash=output_hash, chain_id=chain.chain_id).count() - AT_MOST
    told = versions_of(output_hash, chain_id=chain.chain_id, at_most=AT_MOST)
    entries = {claim.entry_id for claim in shown} | {version.entry_id for version in told}
    designs = shown_by_entry(chain_id=chain.chain_id, entry_ids=entries) if entries else {}
    rest = {claim.entry_id for claim in shown if claim.kind != RegistryEntry.Kind.DESIGN}
    others = resources_by_entry(chain_id=chain.chain_id, entry_ids=rest) if rest else {}
    return Verdict(
        sha256=sha256,
        chain_id=chain.chain_id,
        registry=registry,
        node=chain.public_rpc_url,
        sync=sync_status(chain),
        claims=[
            ClaimShown(
                one,
                confirmation_status(one.event.block.number, chain),
                designs.get(one.entry_id) or others.get(one.entry_id),
            )
            for one in shown
        ],
        versions=[
            VersionShown(one, confirmation_status(one.event.block.number, chain), designs.get(one.entry_id))
            for one in told
        ],
        more=more,
    )


def utc_text(moment: datetime) -> str:
    """To the second, the same in every language: "2026-10-12 09:41:07 UTC"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def claim_sentence(claim: RegistryEntry) -> str:
    """What one registration proves; `claim` has its claim_order. The words are the product's, on every page."""
    order = claim.claim_order  # type: ignore[attr-defined]
    return _("The address %(address)s claimed this file at %(time)s; %(place)s; %(signed)s.") % {
        "address": claim.creator,
        "time": utc_text(claim.claimed_at),
        "place": (
            _("it is the first claim known to this registry")
            if order == 1
            else _("it is claim number %(order)s known to this registry, not the first") % {"order": order}
        ),
        "signed": (
            _("signed by Loomprint's custody key for them")
            if claim.custodial and claim.custodial[0]
            else _("signed by their own wallet")
        ),
    }


def standing_sentence(state: str, *, sold: bool) -> str:
    """What became of an entry since; empty when nothing did. Of designs licenses were `sold`, of what they are made
    with none."""
    if not sold:
        return {
            "contested": _("Contested: another claim of this file disputes it."),
            "suspended": _("Suspended by a moderator: nothing new can name it. What was credited stays claimable."),
            "withdrawn": _("Withdrawn by its owners: nothing new can name it. What was credited stays claimable."),
        }.get(state, "")
    return {
        "contested": _("Contested: another claim of this file disputes it."),
        "suspended": _("Suspended: a moderator has stopped its sale. Licenses that were sold stay valid."),
        "withdrawn": _("Withdrawn: its creators have taken it from sale. Licenses that were sold stay valid."),
    }.get(state, "")


def verifier_command(file: str, *, node: str, registry: str) -> str:
    """Ask with the stand-alone verifier, which is one file of Python."""
    return f"python3 verify.py {shlex.quote(file)} --rpc {node} --registry {registry}"


def logs_command(sha256: str, *, node: str, registry: str) -> str:
    """Ask a node for all claims of a file, with curl alone."""
    topics = [ENTRY_REGISTERED, None, None, "0x" + sha256]
    return _rpc_command(
        node, "eth_getLogs", {"address": registry, "fromBlock": "0x0", "toBlock": "latest", "topics": topics}
    )


def receipt_command(transaction_hash: str, *, node: str) -> str:
    """Ask a node for a transaction's receipt, with curl alone."""
    return _rpc_command(node, "eth_getTransactionReceipt", transaction_hash)


def _rpc_command(node: str, method: str, *params: object) -> str:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))
    return f"curl -s {node} -H 'content-type: application/json' -d {shlex.quote(body)}"
