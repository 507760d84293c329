"""What there is to guess: every address with an id in it, whose it is, and a world in which each is something."""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.mailbox import newest_mails
from accounts.models import User, Wallet
from accounts.services import notify
from common.identifiers import new_ref
from common.testing import PASSWORD, addresses
from contracts.chains import chain
from designs.models import FieldProofLink, ProvenanceRecord, PublicCopy
from designs.services.attachments import NewAttachment
from designs.services.received import ReceivedFile
from designs.services.upload import Part
from licensing.models import LicenseTemplate
from licensing.selectors import offers_of
from licensing.services.downloads import grant_download
from marketplace.services.checkout import place_order
from marketplace.tests import rows
from marketplace.tests.support import draft_of, published, sold, with_offer
from moderation import services as moderation
from moderation.services.deciding import Wish
from royalties.models import ClaimRequest
from studio.services import publishing
from studio.services.attachments import add_attachment
from studio.tests.resources import drafted, registered

NOBODY = "nobody"
PEOPLE = ("owner", "cocreator", "buyer", "stranger", "moderator")
EVERYONE = (NOBODY, *PEOPLE)
IN_DRAFT = ("owner", "cocreator", "moderator")


@dataclass(frozen=True)
class Row:
    """Who may open an address, and what the others get: a status, or the path that they are sent to.

    `methods` are those that it answers; whoever is refused is refused by each. `nobody` overrides `refused` for a
    visitor who is not signed in: "login" sends them there.
    """

    thing: str
    may: tuple[str, ...]
    methods: tuple[str, ...] = ("get",)
    refused: int | str = 404
    nobody: int | str = "login"
    api: bool = False


def own(thing: str = "draft", *methods: str) -> Row:
    return Row(thing, ("owner",), methods or ("get",))


TABLE: dict[str, list[Row]] = {
    "marketplace:design": [Row("draft", IN_DRAFT, nobody=404)],
    "marketplace:design_status": [Row("draft", IN_DRAFT, nobody=404)],
    "marketplace:resource": [Row("resource", IN_DRAFT, nobody=404), Row("registered", EVERYONE)],
    "marketplace:resource_status": [Row("resource", IN_DRAFT, nobody=404), Row("registered", EVERYONE)],
    "marketplace:checkout": [Row("draft and terms", (), ("get", "post"))],
    "marketplace:creator": [Row("creator", EVERYONE)],
    "marketplace:wallet_quote": [Row("draft and terms", IN_DRAFT)],
    "marketplace:wallet_order": [Row("draft and terms", IN_DRAFT, ("post",))],
    "marketplace:order": [Row("order", ("buyer",))],
    "marketplace:order_signature": [Row("order", ("buyer",), ("post",))],
    "marketplace:order_sent": [Row("order", ("buyer",), ("post",))],
    "marketplace:order_cancel": [Row("order", ("buyer",), ("post",))],
    "marketplace:order_status": [Row("order", ("buyer",))],
    "studio:design": [own()],
    "studio:design_status": [own()],
    "studio:details": [own("draft", "get", "post")],
    "studio:people": [own("draft", "get", "post")],
    "studio:offers": [own("draft", "get", "post")],
    "studio:parents": [own("draft", "get", "post")],
    "studio:derivatives": [own("draft", "get", "post")],
    "studio:from_file": [own("draft", "post")],
    # Nothing to take back stands there, and so not even its owner's request is one.
    "studio:references": [own(), Row("draft", (), ("post",))],
    "studio:prove": [own(), Row("draft", (), ("post",))],
    "studio:resource": [own("resource")],
    "studio:resource_status": [own("resource")],
    "studio:resource_change": [own("resource", "get", "post")],
    "studio:resource_register": [own("resource", "get", "post")],
    "studio:resource_take_back": [own("resource", "post")],
    "studio:resource_discard": [own("resource", "post")],
    "studio:attachments": [own()],
    "studio:attach": [own("draft", "get", "post")],
    "studio:attachment_change": [own("attachment", "post")],
    "studio:attachment_remove": [own("attachment", "post")],
    "studio:frame": [own("draft", "get", "post")],
    "studio:watermark": [own("draft", "post")],
    "studio:copies": [own("draft", "get", "post")],
    "studio:copies_status": [own()],
    "studio:copy_retry": [own("copy", "post")],
    "studio:copy_remove": [own("copy", "post")],
    "studio:replace": [own("draft", "get", "post")],
    "studio:publish": [own("draft", "get", "post")],
    "studio:take_back": [own("draft", "post")],
    "studio:discard": [own("draft", "post")],
    "studio:retry": [own("draft", "post")],
    "studio:consent": [
        Row("request", ("cocreator",), ("get", "post")),
        Row("request of a resource", ("cocreator",), ("get", "post")),
    ],
    "studio:signature": [
        Row("request", ("owner", "cocreator"), ("post",)),
        Row("request of a resource", ("owner", "cocreator"), ("post",)),
    ],
    "studio:other_address": [
        Row("request", ("cocreator",), ("post",)),
        Row("request of a resource", ("cocreator",), ("post",)),
    ],
    "studio:decline": [
        Row("request", ("cocreator",), ("post",)),
        Row("request of a resource", ("cocreator",), ("post",)),
    ],
    "licensing:start_download": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:copies": [Row("license", ("buyer",), refused="/library/")],
    "licensing:key": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:files": [Row("license", ("buyer",))],
    "licensing:order": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:fetch": [Row("download", ("buyer",)), Row("download of an attachment", ("buyer",))],
    "licensing:terms": [Row("terms", EVERYONE)],
    "licensing:terms_document": [Row("terms", EVERYONE)],
    "designs:preview": [Row("preview", IN_DRAFT, nobody=404)],
    "designs:record": [own()],
    "designs:attachment": [
        Row("attachment", ("owner", "moderator")),
        Row("attachment with a license", ("owner", "moderator")),
    ],
    "moderation:report": [Row("on sale", PEOPLE), Row("draft", (), ("get", "post"))],
    "moderation:report_status": [Row("report", ("buyer",))],
    "moderation:answer": [Row("case", ("owner",), ("get", "post"))],
    "moderation:statement": [Row("decision", ("owner", "moderator"))],
    "moderation:appeal": [Row("decision", ("owner",), ("get", "post"))],
    "moderation:case": [Row("case", ("moderator",))],
    "moderation:take": [Row("case", ("moderator",), ("post",))],
    "moderation:release": [Row("case", ("moderator",), ("post",))],
    "moderation:open": [Row("on sale", ("moderator",), ("post",))],
    "moderation:send_again": [Row("decision", ("moderator",), ("post",))],
    "moderation:appeal_case": [Row("appeal", ("moderator",))],
    "royalties:claim_signature": [Row("claim", ("owner",), ("post",))],
    "royalties:claim_sent": [Row("claim", ("owner",), ("post",))],
    "royalties:claim_cancel": [Row("claim", ("owner",), ("post",))],
    "verify:verdict": [Row("hash", EVERYONE)],
    "verify:statement": [Row("hash", (), nobody=404)],
    "verify:file_proof": [Row("hash", (), nobody=404)],
    "verify:beside": [Row("hash", EVERYONE, ("get", "post"))],
    "verify:credentials": [Row("hash", (), nobody=404)],
    "verify:root": [Row("root", EVERYONE)],
    "verify:schema": [Row("schema", EVERYONE)],
    "verify:shown_proof": [Row("proof", EVERYONE)],
    "verify:shown_proof_file": [Row("proof", EVERYONE)],
    "accounts:wallet": [Row("wallet", ("buyer",), ("get", "post"))],
    "accounts:wallet_unlink": [Row("wallet", ("buyer",), ("get", "post"), refused="page")],
    "accounts:notification": [Row("notification", ("buyer",))],
    "payments:webhook": [Row("provider", (), ("post",), refused=400, nobody=400)],
    "payments:test_page": [Row("payment", ("buyer",), ("get", "post"))],
    "account_reset_password_from_key": [Row("reset key", (), ("post",), refused="page", nobody="page")],
    "api_design": [Row("draft", IN_DRAFT, nobody=404, api=True)],
    "api_verify": [Row("hash", EVERYONE, api=True)],
    # It knows no tokens: what it says is the same for all.
    "api_verify_credentials": [Row("hash", EVERYONE, ("post",))],
    "api_action": [
        Row("request", ("owner", "cocreator"), nobody=401, api=True),
        Row("request of a resource", ("owner", "cocreator"), nobody=401, api=True),
        Row("order", ("buyer",), nobody=401, api=True),
    ],
    # The mailbox of a local start is everyone's there, and nowhere else: see the test of its own.
    "mailbox:message": [Row("mail", EVERYONE)],
}


def patterns(resolver: Any, namespace: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern.pattern
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inner)


def with_an_id() -> set[str]:
    """The names of all addresses that hold something to guess."""
    return {
        name
        for name, pattern in patterns(get_resolver())
        if pattern.converters or (hasattr(pattern, "regex") and pattern.regex.groups)
    }


def things_to_guess(
    *, creator: User, cocreator: User, buyer: User, moderator: User, png: bytes
) -> dict[str, list[Any]]:
    """What there is to guess: the arguments of its addresses."""
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    draft = with_offer(draft_of(creator, png, parts=parts, prompt="a secret", disclosure="ai_generated"))
    rows.add_cover(draft.versions.get(), rows.cover_bytes())
    secret = NewAttachment(ReceivedFile(io.BytesIO(b"a secret"), "secret.json"), role="workflow")
    attachment = add_attachment(actor=creator, design=draft, new=secret)
    request = publishing.freeze_and_sign(actor=creator, work=draft, password=PASSWORD)
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash

    notes = NewAttachment(ReceivedFile(io.BytesIO(b"notes"), "notes.md"), "documentation", "with_license")
    on_sale = published(creator, png + b"\x00", title="On sale", attachments=[notes])
    delivered = on_sale.versions.get().attachments.get()
    wanted = offers_of(chain_id=chain().chain_id, entry_id=on_sale.entry_id or "")[0]
    order = place_order(
        buyer=buyer, design=on_sale, wanted=wanted, price_seen=wanted.offer.price, checkout_key=uuid.uuid4()
    )
    license_id = sold(on_sale, to=buyer.custody_key.address, block=10)
    grant = grant_download(user=buyer, license_id=license_id)
    second_grant = grant_download(user=buyer, license_id=license_id, attachment=delivered)
    get_connection("django.core.mail.backends.filebased.EmailBackend").send_messages(
        [EmailMessage("Hello", "there", to=["a@example.org"])]
    )
    report = moderation.report(reporter=buyer, design=on_sale, reason="other", statement="Look at it.")
    question = Wish("ask", "question", "Where is its source?")
    moderation.decide_case(moderator=moderator, case=report.case, turn=report.case.turn + 1, wish=question)
    corrected = published(creator, png + b"\x01", title="Corrected")
    decisions = []
    for disclosure in ("ai_generated", "ai_assisted"):
        case = moderation.open_case(moderator=moderator, design=corrected)
        wish = Wish("correct_disclosure", "undisclosed_ai", "It says so itself.", disclosure)
        decisions.append(moderation.decide_case(moderator=moderator, case=case, turn=case.turn, wish=wish))
    appeal = moderation.appeal(author=creator, decision=decisions[1], statement="It is not so.")
    shares = [Part(creator, "model_architect", 700_000), Part(cocreator, "dataset_provider", 300_000)]
    resource = drafted(creator, parts=shares, name="Drafted model")
    asked = publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
    copy = PublicCopy.objects.create(version=on_sale.versions.get(), place="ipfs", state="failed")
    record = ProvenanceRecord.objects.get(version__design=on_sale)
    wallet = Wallet.objects.create(user=buyer, address=addresses()["DesignViews"])
    told = notify(user=buyer, kind="license_ready", key="1", subject="Ready", body="It is ready.")
    claim = ClaimRequest.objects.create(
        person=creator,
        chain_id=chain().chain_id,
        holder=creator.custody_key.address,
        paid_to=creator.custody_key.address,
        currency=addresses()["TestStablecoin"],
        entry_ids=[on_sale.entry_id],
        amount=1,
        way=ClaimRequest.Way.SENT,
        asked_at_block=1,
        deadline=timezone.now(),
        salt=new_ref(),
        digest=new_ref(),
    )
    return {
        "creator": [creator.public_id],
        "wallet": [wallet.pk],
        "notification": [told.pk],
        "claim": [claim.public_id],
        "draft": [draft.public_id],
        "on sale": [on_sale.public_id],
        "resource": [resource.public_id],
        "registered": [registered(creator, name="Registered model").public_id],
        "request of a resource": [asked.public_id],
        "report": [report.public_id],
        "case": [report.case.public_id],
        "decision": [decisions[0].public_id],
        "appeal": [appeal.public_id],
        "draft and terms": [draft.public_id, terms],
        "request": [request.public_id],
        "preview": [draft.public_id, draft.versions.get().previews.get().pk, "piece.jpg"],
        "order": [order.public_id],
        "payment": [order.payment.public_id if order.payment else None],
        "license": [license_id],
        "download": [grant.public_id],
        "download of an attachment": [second_grant.public_id],
        "attachment": [draft.public_id, attachment.public_id],
        "attachment with a license": [on_sale.public_id, delivered.public_id],
        "terms": [terms],
        "copy": [on_sale.public_id, copy.pk],
        "root": [record.root],
        "schema": ["record-2"],
        "proof": [FieldProofLink.objects.create(record=record, keys=["seed"]).public_id],
        "hash": [draft.versions.get().master.sha256],
        "provider": ["test"],
        "reset key": ["1", "d4x-0123456789abcdef"],
        "mail": [newest_mails()[0].id],
    }
