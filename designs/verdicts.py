"""What a registration proves of a file, said exactly and no more: the answer of the verify page and of the API."""

import json
import shlex
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from contracts.chains import Chain
from contracts.errors import ChainNotDeployed
from contracts.selectors import ActionStatus, SyncStatus, confirmation_status, sync_status
from contracts.verifier import Statement, sentences
from contracts.verifier.verify import ENTRY_REGISTERED
from designs.anchored import AttachedFile, attached_files
from designs.file_credentials import CredentialsShown, credentials_by_master, credentials_by_picture
from designs.lineage import Relative, ancestors_by_entry, shown_by_entry
from designs.models import Design, EntryVersion, RegistryEntry, Rendition, Resource
from designs.resources import resources_by_entry
from designs.selectors import claims_of, renditions_of, state_word, versions_of

AT_MOST = 50
WORDS = ("claimed", "version", "rendition", "attachment", "broken", "unknown", "unread")
# A reader that polls stands a block or two behind, always.
SETTLED_LAG = 3


@dataclass(frozen=True)
class ClaimShown:
    """One claim with what became of it; `design`, which may be a model, program or data set, is None where no page
    shows it."""

    claim: RegistryEntry
    status: ActionStatus
    design: Design | Resource | None
    ancestors: list[Relative]

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
        return sentences.standing_sentence(self.state, sold=self.claim.kind == RegistryEntry.Kind.DESIGN, say=_)

    @property
    def original(self) -> str:
        """What is said of its lineage where it has none."""
        return _original(self)

    @property
    def said(self) -> list[str]:
        return _said(self)


@dataclass(frozen=True)
class VersionShown:
    """An entry of which the file is a later version."""

    version: EntryVersion
    status: ActionStatus
    design: Design | None
    ancestors: list[Relative]

    @property
    def state(self) -> str:
        return state_word(self.version.entry_status)  # type: ignore[attr-defined]

    @property
    def standing(self) -> str:
        return sentences.standing_sentence(self.state, sold=True, say=_)

    @property
    def sentence(self) -> str:
        time = utc_text(self.version.event.block.timestamp)
        return sentences.version_sentence(number=self.version.number, time=time, say=_)

    @property
    def original(self) -> str:
        """What is said of its lineage where it has none."""
        return _original(self)

    @property
    def said(self) -> list[str]:
        return _said(self)


def _original(one: ClaimShown | VersionShown) -> str:
    return "" if one.ancestors else _(sentences.ORIGINAL)


def _said(one: ClaimShown | VersionShown) -> list[str]:
    lines = [one.sentence, one.standing, one.original, *(ancestor.sentence for ancestor in one.ancestors)]
    return [line for line in lines if line]


@dataclass(frozen=True)
class RenditionShown:
    """What we delivered and is not the master byte for byte, with what is known of that master by its entry.

    `sha256` is the rendition's, or that of the Content Credentials beside it.
    """

    sha256: str
    rendition: Rendition
    master: "Verdict"

    @property
    def is_file(self) -> bool:
        return self.rendition.is_file(self.sha256)

    @property
    def stated(self) -> Statement:
        return self.rendition.stated(self.sha256)

    @property
    def claims(self) -> list[ClaimShown]:
        return [one for one in self.master.claims if one.claim.entry_id == self.rendition.entry_id]

    @property
    def versions(self) -> list[VersionShown]:
        return [one for one in self.master.versions if one.version.entry_id == self.rendition.entry_id]

    @property
    def signature_holds(self) -> bool:
        """Looked at again, each time somebody asks."""
        return self.stated.signer() == self.rendition.signer.lower() and self.stated.content == self.sha256

    @property
    def trouble(self) -> str:
        """Why it proves nothing; empty where it does."""
        if not self.signature_holds:
            return _("The signature does not hold: do not rely on this.")
        if not (self.claims or self.versions):
            return _("The claim of that file is not on the chain any more.")
        return ""

    @property
    def sentence(self) -> str:
        return sentences.rendition_sentence(
            master=self.rendition.master_sha256, form=self.stated.form, signer=self.rendition.signer, say=_
        )

    @property
    def said(self) -> list[str]:
        of_master = [line for one in self.claims or self.versions for line in _of_that_file(one.said)]
        return [self.sentence, *([self.trouble] if self.trouble else []), *of_master]


@dataclass(frozen=True)
class AttachedShown:
    """A file that comes with a license, with what is known of the record in which it stands."""

    attached: AttachedFile
    master: "Verdict"

    @property
    def claims(self) -> list[ClaimShown]:
        return [one for one in self.master.claims if one.claim.record_root == self.attached.record.record.root]

    @property
    def versions(self) -> list[VersionShown]:
        return [one for one in self.master.versions if one.version.record_root == self.attached.record.record.root]

    @property
    def sentence(self) -> str:
        return sentences.attached_sentence(key=self.attached.key, master=self.attached.master_sha256, say=_)

    @property
    def said(self) -> list[str]:
        return [self.sentence, *(line for one in self.claims or self.versions for line in _of_that_file(one.said))]


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
    attached: list[AttachedShown] = field(default_factory=list)
    credentials: CredentialsShown | None = None

    @property
    def known(self) -> bool:
        return bool(self.claims or self.versions or self.attached) or any(not one.trouble for one in self.renditions)

    @property
    def word(self) -> str:
        """The verdict in one word, as the verifier has it; unread where not even "unknown" can be said."""
        if self.claims or self.versions:
            return "claimed" if self.claims else "version"
        if self.known:
            return "attachment" if self.attached and not self.renditions else "rendition"
        if self.unread:
            return "unread"
        return "broken" if self.renditions else "unknown"

    @property
    def said(self) -> list[str]:
        """All that is said of the file, in the words of the verifier."""
        told: list[ClaimShown | VersionShown | RenditionShown | AttachedShown]
        told = [*self.claims, *self.versions, *self.renditions, *self.attached]
        return [*self.nothing, *(line for one in told for line in one.said)]

    @property
    def nothing(self) -> list[str]:
        """What is said where nothing is known."""
        return (
            []
            if self.known or self.unread
            else [_(sentences.UNKNOWN), _(sentences.NEAR_MATCHES), _(sentences.BY_PROOF)]
        )

    @property
    def nothing_more(self) -> str:
        return _(sentences.NOTHING_MORE)

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
    """Everything known of this hash (64 hex digits), in nine queries, one more where there are very many claims, two
    more where there are ancestors, and five to seven more for each master of a rendition, or of a file that comes
    with a license. A picture that pages here show is read for its Content Credentials, which takes a child.
    """
    known = _verdict_of(sha256, chain=chain, registry=registry)
    return replace(
        known,
        credentials=(credentials_by_master if known.claims or known.versions else credentials_by_picture)(sha256),
        renditions=[
            RenditionShown(sha256, one, _verdict_of(one.master_sha256, chain=chain, registry=registry))
            for one in renditions_of(sha256, chain_id=chain.chain_id)
        ],
        attached=[
            AttachedShown(one, _verdict_of(one.master_sha256, chain=chain, registry=registry))
            for one in attached_files(sha256, chain_id=chain.chain_id)
        ],
    )


def registry_of(here: Chain) -> str:
    """The address of the registry; empty where nothing is deployed."""
    try:
        return here.deployment.address("DesignRegistry")
    except ChainNotDeployed:
        return ""


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
    ancestors = ancestors_by_entry(chain_id=chain.chain_id, entry_ids=entries) if entries else {}
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
                ancestors.get(one.entry_id, []),
            )
            for one in shown
        ],
        versions=[
            VersionShown(
                one,
                confirmation_status(one.event.block.number, chain),
                designs.get(one.entry_id),
                ancestors.get(one.entry_id, []),
            )
            for one in told
        ],
        more=more,
    )


def utc_text(moment: datetime) -> str:
    """To the second, the same in every language: "2026-10-12 09:41:07 UTC"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def claim_sentence(claim: RegistryEntry) -> str:
    """What one registration proves; `claim` has its claim_order. The words are the product's, on every page."""
    return sentences.claim_sentence(
        address=claim.creator,
        time=utc_text(claim.claimed_at),
        order=claim.claim_order,  # type: ignore[attr-defined]
        custodial=bool(claim.custodial and claim.custodial[0]),
        say=_,
    )


def _of_that_file(said: list[str]) -> list[str]:
    first, *rest = said
    return [f"{_(sentences.OF_THAT_FILE)} {first}", *rest]


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
