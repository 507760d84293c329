"""Every address with an id in it, asked by everyone who guesses it: what each person may open, and nobody else.

The table is checked against the URL resolver: an endpoint without a row here fails.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_api_token
from common.testing import PASSWORD
from designs.models import Contribution, Design
from marketplace.tests.pages import signed_in
from marketplace.tests.support import submitted
from moderation.models import Review
from tests.guessable import NOBODY, TABLE, Row, things_to_guess, with_an_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


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
    return things_to_guess(creator=creator, cocreator=cocreator, buyer=buyer, moderator=moderator, png=png)


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


class Unchanged:
    """Says when a guess has changed something; everything is read again only where something was written at all."""

    def __init__(self) -> None:
        self._before = everything()
        self._written = _written()

    def check(self, address: str = "") -> None:
        """What was written and taken back is no change. Without an address: everything, whatever was written."""
        if not address or _written() != self._written:
            assert everything() == self._before, address
        self.forgive()

    def forgive(self) -> None:
        """What was written up to now was rolled back."""
        self._written = _written()


def _written() -> int:
    """Rows of MODELS that this transaction has inserted, changed or deleted, also those it took back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY(%s)",
            [[model._meta.db_table for model in MODELS]],
        )
        (found,) = cursor.fetchone()
        return int(found)


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
    unchanged = Unchanged()
    for name, row in each_row():
        address = reverse(name, args=things[row.thing])
        for who, person in people.items():
            if who in row.may:
                continue
            for method in row.methods:
                answer = call(signed_in(person), method, address)
                assert_refused(answer, row.nobody if person is None else row.refused, f"{who} {method} {address}")
        unchanged.check(address)
        for who in row.may:
            for method in row.methods:
                with transaction.atomic():
                    code = call(signed_in(people[who]), method, address).status_code
                    transaction.set_rollback(True)
                # 400, 409: it is theirs, and they have not brought what it takes.
                assert code in {200, 302, 400, 409}, (who, method, address, code)
        unchanged.forgive()
    unchanged.check()


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
    unchanged = Unchanged()
    for name, row in each_row():
        if row.api:
            continue
        address = reverse(name, args=things[row.thing])
        for who in row.may:
            if who == NOBODY or NOBODY in row.may:
                continue
            client = by_token(people[who])
            for method in row.methods:
                assert_refused(call(client, method, address), row.nobody, f"{who} {method} {address}")
        unchanged.check(address)
    unchanged.check()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_an_id_that_is_nobodys_finds_nothing(name: str, stranger: User) -> None:
    made_up: dict[str, list[Any]] = {
        "licensing:start_download": [7],
        "licensing:copies": [7],
        "licensing:key": [7],
        "licensing:files": [7],
        "licensing:order": [7],
        "studio:attachment_change": [uuid.uuid4(), uuid.uuid4()],
        "studio:attachment_remove": [uuid.uuid4(), uuid.uuid4()],
        "designs:attachment": [uuid.uuid4(), uuid.uuid4()],
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
    any_hash = {"api_verify", "api_verify_credentials", "verify:beside", "verify:verdict"}
    if name in {"account_reset_password_from_key", *any_hash}:
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
