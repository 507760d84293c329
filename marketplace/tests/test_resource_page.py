"""The public page of a model, program or data set, what is proven of its file, and the designs that name it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.identifiers import ZERO_HASH
from common.testing import PASSWORD, addresses
from contracts.models import ChainBlock
from designs.admin import ResourceAdmin
from designs.models import Design, Reference, Resource
from designs.services.resource_pages import take_down
from designs.services.upload import Part
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import anchored, draft_of, event, head_at, with_offer
from studio.services import publishing
from studio.services.references import refer_to_entry
from studio.tests.pages import read
from studio.tests.resources import drafted, registered, signed_by_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.fixture
def model(cocreator: User) -> Resource:
    return registered(cocreator, description="Lattices of any kind.", license_address="https://example.org/license")


def made_with(owner: User, content: bytes, resource: Resource, *, block: int = 7, title: str = "Lamp") -> Design:
    """A design on sale that names the resource, which is therefore its parent."""
    design = with_offer(draft_of(owner, content, title=title))
    refer_to_entry(actor=owner, design=design, kind=resource.kind, entry_id=resource.entry_id or "")
    publication = publishing.freeze_and_sign(actor=owner, work=design, password=PASSWORD)
    publication.refresh_from_db()
    anchored(publication, block=block)
    entry = str(int(publication.entry_id, 16))
    line = {"entryId": str(int(resource.entry_id or "0", 16)), "ppm": "50000", "bindingPpm": "0", "direct": True}
    event("DesignRegistry", "AncestorsFixed", {"entryId": entry, "ancestors": [line]}, block=block)
    head_at(block + 10)
    design.refresh_from_db()
    return design


def test_anyone_reads_what_it_is_whose_and_what_is_proven(model: Resource, cocreator: User) -> None:
    shown = text(page(None, model.get_absolute_url()))
    for words in (
        "Lattice XL 2",
        "by tpms-lab",
        "Apache-2.0",
        "Lattices of any kind.",
        model.sha256,
        "as its owner stated it; we have not seen the file",
        "owes its holders 5 % of each sale",
        f"The address {cocreator.custody_key.address} claimed this file at",
        "it is the first claim known to this registry; signed by Loomprint's custody key for them.",
        "Anchored",
        "first claim",
        "model architect",
        "None yet.",
    ):
        assert words in shown.replace("&#x27;", "'"), words


def test_who_has_the_file_learns_of_the_entry(model: Resource) -> None:
    answer = read(Client().get(reverse("verify:verdict", args=[model.sha256])))
    assert "it is the first claim known to this registry" in answer
    assert "Lattice XL 2 by tpms-lab" in answer
    assert "Kind Model" in answer
    assert model.get_absolute_url() in Client().get(reverse("verify:verdict", args=[model.sha256])).content.decode()


def test_a_later_claim_of_the_same_hash_says_so(model: Resource, stranger: User) -> None:
    later = registered(stranger, sha256=model.sha256, name="Stolen", block=9)
    shown = text(page(None, later.get_absolute_url()))
    assert "claim number 2 of this file" in shown
    assert "not the first" in shown


def test_before_it_is_on_chain_it_is_its_peoples_alone(creator: User, cocreator: User, stranger: User) -> None:
    parts = [Part(creator, "model_architect", 600_000), Part(cocreator, "dataset_provider", 400_000)]
    draft = drafted(creator, parts=parts)
    for user, status in ((None, 404), (stranger, 404), (cocreator, 200), (creator, 200)):
        assert signed_in(user).get(draft.get_absolute_url()).status_code == status
    assert "Not anchored yet" in page(creator, draft.get_absolute_url())


def test_a_block_that_goes_takes_the_page_and_the_choice_back(creator: User, png: bytes) -> None:
    resource, publication = signed_by_owner(creator)
    anchored(publication, block=5)
    assert signed_in(None).get(resource.get_absolute_url()).status_code == 200
    polled = signed_in(None).get(reverse("marketplace:resource_status", args=[resource.public_id]), {"seen": "none"})
    assert polled["HX-Refresh"] == "true"

    ChainBlock.objects.filter(number=5).delete()

    assert signed_in(None).get(resource.get_absolute_url()).status_code == 404
    assert "on its way to the chain" in page(creator, reverse("studio:resource", args=[resource.public_id]))
    design = draft_of(creator, png)
    assert "Lattice XL" not in page(creator, reverse("studio:references", args=[design.public_id]))

    anchored(publication, block=6)
    assert signed_in(None).get(resource.get_absolute_url()).status_code == 200


def test_a_creator_finds_it_by_name_hash_or_entry_and_its_owners_earn(
    model: Resource, creator: User, png: bytes
) -> None:
    registered(creator, name="Unrelated", kind="program", open=False)
    design = with_offer(draft_of(creator, png))
    where = reverse("studio:references", args=[design.public_id])
    client = signed_in(creator)
    for query in ("lattice", "xl LATT", model.sha256, "0x" + model.sha256.upper(), model.entry_id):
        found = read(client.get(where, {"q": query}))
        assert "Lattice XL 2" in found, query
        assert "Unrelated" not in found, query
    assert "Takes 5 % of each sale after the fee" in found
    assert "Nothing registered here is called" in read(client.get(where, {"q": "100%_\\"}))

    answer = client.post(where, {"wish": "found", "add": str(model.public_id), "q": "lattice"}, follow=True)
    shown = read(answer)
    assert "Named. It stands among the works that yours derives from, and earns." in shown
    assert "Lattice XL 2 , Apache-2.0" in shown
    assert [one.stated() for one in Reference.objects.all()] == [{"entry": model.entry_id}]
    assert list(design.parent_drafts.values_list("entry_id", "max_ppm")) == [(model.entry_id, 50_000)]
    assert "Lattice XL 2" in page(creator, reverse("studio:parents", args=[design.public_id]))
    published = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    assert published.record.fields["models"] == [{"entry": model.entry_id}]
    assert published.record.fields["parents"] == [model.entry_id]


@pytest.mark.parametrize("add", ["", "x", "5f6d7c9e-6b1c-4c52-9a55-6f2f1d1c0a99"])
def test_what_cannot_be_chosen_is_answered_and_changes_nothing(creator: User, png: bytes, add: str) -> None:
    design = draft_of(creator, png)
    where = reverse("studio:references", args=[design.public_id])
    answer = signed_in(creator).post(where, {"wish": "found", "add": add})
    assert (answer.status_code, "That is not shown any more." in read(answer)) == (400, True)
    assert not Reference.objects.exists()


def test_a_draft_of_somebody_cannot_be_chosen_by_its_id(creator: User, stranger: User, png: bytes) -> None:
    hidden = drafted(stranger, name="Secret")
    where = reverse("studio:references", args=[draft_of(creator, png).public_id])
    answer = signed_in(creator).post(where, {"wish": "found", "add": str(hidden.public_id)})
    assert answer.status_code == 400
    assert "Secret" not in read(answer)


def test_its_page_and_its_designs_lead_to_each_other(model: Resource, creator: User, png: bytes) -> None:
    design = made_with(creator, png, model)
    assert "Lamp" in page(None, model.get_absolute_url())
    shown = page(None, design.get_absolute_url())
    assert shown.count(f'href="{model.get_absolute_url()}"') >= 2
    assert f"/d/{model.public_id}" not in shown
    assert "Derived from 1 work" in text(shown)
    earnings = page(model.owner, reverse("royalties:earnings"))
    assert f'<a href="{model.get_absolute_url()}">Lattice XL 2</a>' in earnings


def test_the_page_of_its_owner_lists_it_also_when_there_is_no_design(model: Resource, cocreator: User) -> None:
    shown = page(None, reverse("marketplace:creator", args=[cocreator.public_id]))
    assert f'href="{model.get_absolute_url()}"' in shown
    assert f'href="{reverse("marketplace:creator", args=[cocreator.public_id])}"' in page(
        None, model.get_absolute_url()
    )
    assert take_down(model)
    assert signed_in(None).get(reverse("marketplace:creator", args=[cocreator.public_id])).status_code == 404


def test_one_that_is_in_no_block_yet_is_not_taken_down(cocreator: User) -> None:
    resource, _publication = signed_by_owner(cocreator)
    assert resource.state == Resource.State.ANCHORING
    assert not take_down(resource), "the chain may yet refuse it, and then it is a draft again"


def test_many_designs_cost_what_few_cost(
    model: Resource, creator: User, png: bytes, django_assert_max_num_queries: Any
) -> None:
    made_with(creator, png, model)
    with django_assert_max_num_queries(24) as few:
        Client().get(model.get_absolute_url())
    for number in range(3):
        made_with(creator, png + bytes([number]), model, block=20 + number, title=f"Lamp {number}")
    with django_assert_max_num_queries(len(few)):
        shown = Client().get(model.get_absolute_url()).content.decode()
    assert "Lamp 2" in shown
    before = Design.objects.get(title="Lamp 0").pk
    assert "Lamp 2" not in Client().get(model.get_absolute_url(), {"before": before}).content.decode()


def test_a_suspended_or_withdrawn_entry_is_named_by_nothing_new(model: Resource, creator: User, png: bytes) -> None:
    changed = {"entryId": str(int(model.entry_id or "0", 16)), "reason": ZERO_HASH, "by": addresses()["AccessManager"]}
    event("DesignRegistry", "StatusChanged", {**changed, "status": "2"}, block=8)
    assert "A moderator has suspended the entry." in page(None, model.get_absolute_url())
    where = reverse("studio:references", args=[draft_of(creator, png).public_id])
    assert "Lattice XL" not in page(creator, where)
    answer = signed_in(creator).post(where, {"wish": "found", "add": str(model.public_id)})
    assert "not available any more" in read(answer)


def test_a_moderator_takes_its_page_down_and_its_owner_reads_why(
    model: Resource, moderator: User, creator: User, png: bytes
) -> None:
    User.objects.filter(pk=moderator.pk).update(is_superuser=True)
    changelist = reverse("admin:designs_resource_changelist")
    staff = signed_in(moderator)
    assert ResourceAdmin.actions == ("take_down", "show_again")
    for _twice in range(2):
        staff.post(changelist, {"action": "take_down", "_selected_action": [model.pk]})
    assert signed_in(None).get(model.get_absolute_url()).status_code == 404
    assert "A moderator took its page down" in text(page(model.owner, model.get_absolute_url()))
    assert model.owner.notifications.filter(kind="resource_taken_down").count() == 1
    assert "Lattice XL" not in page(creator, reverse("studio:references", args=[draft_of(creator, png).public_id]))
    # What is proven stays proven; only our page is gone.
    answer = read(Client().get(reverse("verify:verdict", args=[model.sha256])))
    assert "it is the first claim known to this registry" in answer
    assert "Lattice XL" not in answer
    staff.post(changelist, {"action": "show_again", "_selected_action": [model.pk]})
    assert signed_in(None).get(model.get_absolute_url()).status_code == 200
