"""The API for every kind of client: nobody, stranger, owner, co-creator, buyer, moderator; by token and session."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.services import create_api_token
from common.testing import PASSWORD
from contracts.chains import chain
from designs.services.upload import Part
from licensing.selectors import offers_of
from marketplace.services.checkout import place_order
from marketplace.tests.support import draft_of, published, with_offer
from studio.services import publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def by_token(user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_api_token(user=user)}")
    return client


def by_session(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def people(creator, cocreator, buyer, stranger, moderator) -> dict:
    return {
        "nobody": APIClient(),
        "owner by token": by_token(creator),
        "owner by session": by_session(creator),
        "co-creator by token": by_token(cocreator),
        "stranger by token": by_token(stranger),
        "stranger by session": by_session(stranger),
        "buyer by token": by_token(buyer),
        "moderator by session": by_session(moderator),
    }


def allowed(people: dict, address: str) -> set[str]:
    answers = {who: client.get(address).status_code for who, client in people.items()}
    assert set(answers.values()) <= {200, 401, 404}, answers
    return {who for who, code in answers.items() if code == 200}


@pytest.fixture
def draft(creator, cocreator, png):
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    return with_offer(draft_of(creator, png, parts=parts))


def test_a_draft_is_read_by_its_people_and_moderators_only(people, draft) -> None:
    assert allowed(people, reverse("api_design", args=[draft.public_id])) == {
        "owner by token",
        "owner by session",
        "co-creator by token",
        "moderator by session",
    }


def test_a_published_design_is_read_by_everyone(people, creator, png) -> None:
    design = published(creator, png)

    assert allowed(people, reverse("api_design", args=[design.public_id])) == set(people)
    assert allowed(people, reverse("api_designs")) == set(people)
    answer = people["nobody"].get(reverse("api_design", args=[design.public_id])).json()
    assert answer["status"]["code"] == "final"
    assert [offer["price"] for offer in answer["offers"]] == ["18000000"]
    assert answer["holders"] == [{"address": creator.custody_key.address, "units": 1_000_000, "role": "Designer"}]


def test_a_hidden_design_leaves_the_list_and_the_page(people, creator, png) -> None:
    design = published(creator, png)
    type(design).objects.filter(pk=design.pk).update(state="taken_down")

    assert people["nobody"].get(reverse("api_designs")).json()["results"] == []
    assert "nobody" not in allowed(people, reverse("api_design", args=[design.public_id]))


def test_the_prompt_is_in_no_answer(people, creator, png) -> None:
    design = published(creator, png, prompt="a secret phrase", disclosure="ai_generated")

    for name, arguments in (("api_designs", []), ("api_design", [design.public_id])):
        for client in people.values():
            assert b"secret phrase" not in client.get(reverse(name, args=arguments)).content
    page = people["nobody"].get(reverse("marketplace:design", args=[design.public_id]))
    assert b"secret phrase" not in page.content


def test_verify_answers_everyone_and_knows_what_it_does_not_know(people, creator, png) -> None:
    design = published(creator, png)
    sha256 = design.versions.get().master.sha256

    assert allowed(people, reverse("api_verify", args=[sha256])) == set(people)
    known = people["nobody"].get(reverse("api_verify", args=[sha256])).json()
    assert known["known"] is True
    assert [(claim["claim_order"], claim["custodial"]) for claim in known["claims"]] == [(1, True)]
    assert (known["as_of_block"], known["chain_reachable"]) == (15, True)
    unknown = people["nobody"].get(reverse("api_verify", args=["0" * 64])).json()
    assert (unknown["known"], unknown["claims"]) == (False, [])
    assert people["nobody"].get(reverse("api_verify", args=["xyz"])).status_code == 400


def test_two_claims_of_one_file_stand_in_their_order(people, creator, cocreator, moderator, png, monkeypatch) -> None:
    from marketplace.tests.support import anchored, head_at, submitted
    from moderation.models import Review
    from moderation.services import decide

    first = published(creator, png)
    _design, publication = submitted(cocreator, png)
    decide(
        moderator=moderator, review=Review.objects.get(digest=publication.digest), approve=True, reason="A later claim."
    )
    publishing.sweep_publications()
    anchored(publication, block=20)
    head_at(30)

    sha256 = first.versions.get().master.sha256
    claims = people["nobody"].get(reverse("api_verify", args=[sha256])).json()["claims"]
    assert [claim["creator"] for claim in claims] == [creator.custody_key.address, cocreator.custody_key.address]
    monkeypatch.setattr("designs.verdicts.AT_MOST", 1)
    few = people["nobody"].get(reverse("api_verify", args=[sha256])).json()["claims"]
    assert few == claims[:1]
    page = people["nobody"].get(reverse("marketplace:design", args=[publication.design.public_id]))
    assert b"it is claim number 2 known to this registry, not the first" in page.content


def test_an_action_is_told_to_its_own_people_only(people, creator, buyer, draft) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=draft, password=PASSWORD)

    assert allowed(people, reverse("api_action", args=[publication.public_id])) == {
        "owner by token",
        "owner by session",
        "co-creator by token",
    }


def test_an_order_is_told_to_its_buyer_only(people, creator, buyer, png) -> None:
    design = published(creator, png)
    wanted = offers_of(chain_id=chain().chain_id, entry_id=design.entry_id)[0]
    order = place_order(
        buyer=buyer, design=design, wanted=wanted, price_seen=wanted.offer.price, checkout_key=uuid.uuid4()
    )

    assert allowed(people, reverse("api_action", args=[order.public_id])) == {"buyer by token"}


def test_nothing_can_be_written_through_the_api(people, creator, png) -> None:
    design = published(creator, png)

    for client in people.values():
        for method in ("post", "put", "patch", "delete"):
            code = getattr(client, method)(reverse("api_design", args=[design.public_id])).status_code
            assert code in {401, 403, 405}


def test_a_revoked_token_opens_nothing(creator, draft) -> None:
    from accounts.services import revoke_api_token

    client = by_token(creator)
    address = reverse("api_design", args=[draft.public_id])
    assert client.get(address).status_code == 200

    revoke_api_token(user=creator)

    assert client.get(address).status_code == 401


def test_an_unknown_kind_is_refused_with_what_is_known(people) -> None:
    answer = people["nobody"].get(reverse("api_designs"), {"kind": "sculpture"})

    assert answer.status_code == 400
    assert "image" in str(answer.json())


def test_the_list_costs_the_same_for_one_design_and_for_many(django_assert_max_num_queries, creator, png) -> None:
    published(creator, png)
    client = APIClient()
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("api_designs"))
    for number in range(5):
        published(creator, png + bytes([number]), block=30 + number, title=f"Lantern {number}")
    with django_assert_max_num_queries(len(one)):
        assert len(client.get(reverse("api_designs")).json()["results"]) == 6
