"""Every address with an id in it, asked by everyone who guesses it: what each person may open, and nobody else.

The table is checked against the URL resolver: an endpoint without a row here fails.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.mailbox import newest_mails
from accounts.models import User, Wallet
from accounts.services import create_api_token, notify
from common.identifiers import new_ref
from common.testing import PASSWORD, addresses
from contracts.chains import chain
from designs.models import Contribution, Design, FieldProofLink, ProvenanceRecord, PublicCopy
from designs.services.upload import Part
from licensing.models import LicenseTemplate
from licensing.selectors import offers_of
from licensing.services.downloads import grant_download
from marketplace.services.checkout import place_order
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from marketplace.tests.support import draft_of, published, sold, submitted, with_offer
from moderation import services as moderation
from moderation.models import Review
from moderation.services.deciding import Wish
from royalties.models import ClaimRequest
from studio.services import publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

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
    "studio:consent": [Row("request", ("cocreator",), ("get", "post"))],
    "studio:signature": [Row("request", ("owner", "cocreator"), ("post",))],
    "studio:other_address": [Row("request", ("cocreator",), ("post",))],
    "studio:decline": [Row("request", ("cocreator",), ("post",))],
    "licensing:start_download": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:copies": [Row("license", ("buyer",), refused="/library/")],
    "licensing:key": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:files": [Row("license", ("buyer",))],
    "licensing:order": [Row("license", ("buyer",), ("post",), refused="/library/")],
    "licensing:fetch": [Row("download", ("buyer",))],
    "licensing:terms": [Row("terms", EVERYONE)],
    "licensing:terms_document": [Row("terms", EVERYONE)],
    "designs:preview": [Row("preview", IN_DRAFT, nobody=404)],
    "designs:record": [own()],
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
    "api_action": [
        Row("request", ("owner", "cocreator"), nobody=401, api=True),
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


def test_every_address_with_an_id_has_a_row() -> None:
    ours = {name for name in with_an_id() if not name.startswith("admin:")}

    assert ours == set(TABLE)


@pytest.fixture
def people(creator: User, cocreator: User, buyer: User, stranger: User, moderator: User) -> dict[str, User | None]:
    return {
        NOBODY: None,
        "owner": creator,
        "cocreator": cocreator,
        "buyer": buyer,
        "stranger": stranger,
        "moderator": moderator,
    }


@pytest.fixture
def things(creator: User, cocreator: User, buyer: User, moderator: User, png: bytes) -> dict[str, list[Any]]:
    """What there is to guess: the arguments of its addresses."""
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    draft = with_offer(draft_of(creator, png, parts=parts, prompt="a secret", disclosure="ai_generated"))
    rows._add_cover(draft.versions.get(), rows.cover_bytes())
    request = publishing.freeze_and_sign(actor=creator, design=draft, password=PASSWORD)
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash

    on_sale = published(creator, png + b"\x00", title="On sale")
    wanted = offers_of(chain_id=chain().chain_id, entry_id=on_sale.entry_id or "")[0]
    order = place_order(
        buyer=buyer, design=on_sale, wanted=wanted, price_seen=wanted.offer.price, checkout_key=uuid.uuid4()
    )
    license_id = sold(on_sale, to=buyer.custody_key.address, block=10)
    grant = grant_download(user=buyer, license_id=license_id)
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


POSTED = {
    "title": "Stolen",
    "disclosure": "not_ai",
    "parts-TOTAL_FORMS": "1",
    "parts-INITIAL_FORMS": "1",
    "parts-0-email": "stranger@example.org",
    "parts-0-role": "host",
    "parts-0-percent": "100",
    "price_personal": "0.01",
    "price": "18000000",
    "checkout_key": "5f6d7c9e-6b1c-4c52-9a55-6f2f1d1c0a99",
    "password": PASSWORD,
    "password1": "amber wharf 29 lanterns",
    "keep": "on",
    "reason": "stolen",
    "statement": "stolen",
    "decision": "pay",
    "wish": "drop",
}

MODELS = [
    *apps.get_app_config("designs").get_models(),
    *apps.get_app_config("studio").get_models(),
    *apps.get_app_config("licensing").get_models(),
    *apps.get_app_config("payments").get_models(),
    *apps.get_app_config("marketplace").get_models(),
    *apps.get_app_config("moderation").get_models(),
    *apps.get_app_config("contracts").get_models(),
]


def everything() -> dict[str, list[Any]]:
    """Every row of ours, to be compared: nothing may change by a guess."""
    stored = {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}
    stored["passwords"] = list(User.objects.order_by("pk").values_list("pk", "password"))
    return stored


def each_row() -> Iterator[tuple[str, Row]]:
    """All of the table in one world: to build a world for each row would take minutes."""
    for name in sorted(TABLE):
        for row in TABLE[name]:
            yield name, row


def call(client: Any, method: str, address: str) -> Any:
    return client.get(address) if method == "get" else client.post(address, POSTED)


def assert_refused(answer: Any, wanted: int | str, address: str) -> None:
    if wanted == "login":
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/login/?next="), address
    elif wanted == "page":
        assert answer.status_code in {200, 302}, address
    elif isinstance(wanted, str):
        assert (answer.status_code, answer["Location"]) == (302, wanted), address
    else:
        assert answer.status_code == wanted, (address, answer.status_code)


def test_each_address_is_opened_by_its_people_only(
    people: dict[str, User | None], things: dict[str, list[Any]]
) -> None:
    for name, row in each_row():
        address = reverse(name, args=things[row.thing])
        before = everything()
        for who, person in people.items():
            if who in row.may:
                continue
            for method in row.methods:
                answer = call(signed_in(person), method, address)
                assert_refused(answer, row.nobody if person is None else row.refused, f"{who} {method} {address}")
        assert everything() == before, address
        for who in row.may:
            for method in row.methods:
                with transaction.atomic():
                    code = call(signed_in(people[who]), method, address).status_code
                    transaction.set_rollback(True)
                # 400, 409: it is theirs, and they have not brought what it takes.
                assert code in {200, 302, 400, 409}, (who, method, address, code)


def by_token(person: User | None, key: str = "") -> APIClient:
    client = APIClient()
    key = key or (create_api_token(user=person) if person else "")
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def test_each_api_address_is_opened_by_the_tokens_of_its_people_only(
    people: dict[str, User | None], things: dict[str, list[Any]]
) -> None:
    for name, row in each_row():
        if not row.api:
            continue
        address = reverse(name, args=things[row.thing])
        for who, person in people.items():
            wanted = 200 if who in row.may else row.nobody if person is None else row.refused
            assert by_token(person).get(address).status_code == wanted, (who, address)
        for key in ("0" * 40, "not a token"):
            assert by_token(None, key).get(address).status_code == 401


def test_a_token_opens_no_page(people: dict[str, User | None], things: dict[str, list[Any]]) -> None:
    """A token that leaks reads the API and nothing else: to a page its bearer is nobody."""
    for name, row in each_row():
        if row.api:
            continue
        address = reverse(name, args=things[row.thing])
        before = everything()
        for who in row.may:
            if who == NOBODY or NOBODY in row.may:
                continue
            client = by_token(people[who])
            for method in row.methods:
                assert_refused(call(client, method, address), row.nobody, f"{who} {method} {address}")
        assert everything() == before


@pytest.mark.parametrize("name", sorted(TABLE))
def test_an_id_that_is_nobodys_finds_nothing(name: str, stranger: User) -> None:
    made_up: dict[str, list[Any]] = {
        "licensing:start_download": [7],
        "licensing:copies": [7],
        "licensing:key": [7],
        "licensing:files": [7],
        "licensing:order": [7],
        "studio:copy_retry": [uuid.uuid4(), 7],
        "studio:copy_remove": [uuid.uuid4(), 7],
        "verify:root": ["0x" + "0" * 63],
        "verify:schema": ["record-0"],
        "designs:preview": [uuid.uuid4(), 7, "x.jpg"],
        "marketplace:checkout": [uuid.uuid4(), "0x" + "0" * 64],
        "marketplace:wallet_quote": [uuid.uuid4(), "0x" + "0" * 64],
        "marketplace:wallet_order": [uuid.uuid4(), "0x" + "0" * 64],
        "accounts:wallet": [7],
        "accounts:wallet_unlink": [7],
        "accounts:notification": [7],
        "licensing:terms": ["0x" + "0" * 64],
        "licensing:terms_document": ["0x" + "0" * 64],
        "payments:webhook": ["nobody"],
        "mailbox:message": ["20260101-000000-1.0"],
    }
    if name in {"account_reset_password_from_key", "api_verify", "verify:verdict"}:
        return
    address = reverse(name, args=made_up.get(name, [uuid.uuid4()]))
    for person in (None, stranger):
        for method in TABLE[name][0].methods:
            answer = call(signed_in(person), method, address)
            assert answer.status_code in {302, 401, 404}, address
            if answer.status_code == 302:
                assert answer["Location"].startswith(("/accounts/login/", "/library/", "/accounts/reauthenticate/"))


def test_a_guessed_reset_key_says_so_and_changes_no_password(buyer: User, client: Client) -> None:
    from allauth.account.utils import user_pk_to_url_str

    before = User.objects.get(pk=buyer.pk).password
    address = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(buyer), "d4x-0123456789abcdef"])

    answer = client.get(address)
    client.post(address, POSTED)

    assert "password reset link was invalid" in " ".join(answer.content.decode().split())
    assert User.objects.get(pk=buyer.pk).password == before
    assert mail.outbox == []


def test_outside_a_local_start_there_is_no_mail_to_guess(
    settings: Any, people: dict[str, User | None], things: dict[str, list[Any]]
) -> None:
    settings.LOOMPRINT_LOCAL = False

    for person in people.values():
        assert signed_in(person).get(reverse("mailbox:message", args=things["mail"])).status_code == 404


@pytest.fixture
def rows_of_the_admin(things: dict[str, list[Any]], stranger: User, png: bytes) -> Callable[[str], Any]:
    """An id of a row for an admin address by its name."""
    submitted(stranger, png + b"\x01", prompt="x", disclosure="not_ai")
    assert Review.objects.filter(state="pending").exists()
    assert Contribution.objects.exists()
    assert Design.objects.exists()

    def of(name: str) -> Any:
        label, model = name.removeprefix("admin:").split("_")[:2]
        if label == "auth" and model == "user":
            return stranger.pk
        found = apps.get_model(label, model)._base_manager.first()
        return found.pk if found is not None else 1

    return of


@pytest.mark.parametrize("who", [NOBODY, "owner", "cocreator", "buyer", "stranger"])
def test_the_admin_opens_no_row_for_whoever_is_not_staff(
    who: str, people: dict[str, User | None], rows_of_the_admin: Callable[[str], Any]
) -> None:
    names = {name for name in with_an_id() if name.startswith("admin:")} - {
        "admin:None",
        "admin:app_list",
        "admin:view_on_site",
    }
    assert len(names) > 30
    client = signed_in(people[who])
    addresses = [reverse(name, args=[rows_of_the_admin(name)]) for name in sorted(names)]
    addresses += ["/admin/r/1/1/", "/admin/moderation/", "/admin/nothing/", "/admin/accounts/user/1/"]
    before = everything()
    for address in addresses:
        for method in ("get", "post"):
            answer = call(client, method, address)
            assert answer.status_code == 302, (address, answer.status_code)
            assert answer["Location"].startswith("/admin/login/?next="), address
    assert everything() == before
