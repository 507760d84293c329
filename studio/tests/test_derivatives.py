"""Works that derive from others: named in a draft, signed, and found on a real chain with the part that was shown."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from accounts.models import User
from common.testing import PASSWORD
from contracts.client import client
from contracts.encoding import encode_call
from contracts.testing import LiveChain
from designs.models import Design, EntryAncestor
from designs.services.upload import Part
from licensing.services.templates import announce_templates, ship_templates
from marketplace.tests.support import draft_of, with_offer
from studio.ancestry import open_to_derive
from studio.errors import PublishingError
from studio.models import ParentDraft, Publication
from studio.services.lineage import set_derivative_terms, set_parents
from studio.services.publishing import freeze_and_sign

pytestmark = pytest.mark.django_db(transaction=True)

TUSD = 1_000_000
Publish = Callable[..., Design]


def file_of(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (seed * 37 % 256, seed * 59 % 256, seed * 83 % 256)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def publish(live_chain: LiveChain) -> Publish:
    """Bring a design of one creator into a block, with these parents and these terms for derived works."""
    ship_templates()
    announce_templates()
    live_chain.settle()

    def bring(owner: User, seed: int, *, parents: Any = (), price: int = 20 * TUSD, **terms: Any) -> Design:
        design = with_offer(draft_of(owner, file_of(seed), title=f"Work {seed}"), price=price)
        if terms:
            set_derivative_terms(actor=owner, design=design, open=True, **terms)
        set_parents(actor=owner, design=design, parents=list(parents))
        freeze_and_sign(actor=owner, work=design, password=PASSWORD)
        live_chain.settle()
        design.refresh_from_db()
        return design

    return bring


def draft(owner: User, seed: int, *, price: int = 20 * TUSD) -> Design:
    return with_offer(draft_of(owner, file_of(seed), title=f"Work {seed}"), price=price)


def test_the_part_that_is_shown_is_the_part_that_the_chain_fixes(
    publish: Publish, live_chain: LiveChain, creator: User, cocreator: User, stranger: User
) -> None:
    grand = publish(creator, 1, ppm=100_000, binding=True, minimum=TUSD)
    diluting = publish(cocreator, 2, ppm=200_000)
    parent = publish(cocreator, 3, parents=[grand, diluting], ppm=150_000)
    child = draft(stranger, 4)

    shown = set_parents(actor=stranger, design=child, parents=[parent])

    assert [(part.design, part.ppm, part.direct) for part in shown.parts] == [
        (parent, 120_000, True),
        (grand, 100_000, False),
        (diluting, 30_000, False),
    ]
    assert (shown.ppm, shown.floor) == (250_000, 10 * TUSD)
    publication = freeze_and_sign(actor=stranger, work=child, password=PASSWORD)
    assert publication.record.fields["parents"] == [parent.entry_id]
    live_chain.settle()
    child.refresh_from_db()
    lines = EntryAncestor.objects.filter(entry_id=child.entry_id)
    assert {(line.ancestor_id, line.ppm) for line in lines} == {(part.entry_id, part.ppm) for part in shown.parts}
    currency = live_chain.chain.deployment.currency
    assert client(live_chain.chain).call("DesignRegistry", "floorOf", int(child.entry_id or "", 16), currency) == (
        True,
        shown.floor,
    )
    assert live_chain.audit() == []


def test_only_what_is_open_is_offered_for_deriving(publish: Publish, creator: User, cocreator: User) -> None:
    closed = publish(creator, 1)
    opened = publish(creator, 2, ppm=50_000)

    assert list(open_to_derive()) == [opened]
    assert list(open_to_derive(query="Work 2")) == [opened]
    assert list(open_to_derive(query="Work 1")) == []
    mine = draft(cocreator, 3)
    with pytest.raises(PublishingError) as refusal:
        set_parents(actor=cocreator, design=mine, parents=[opened, closed])
    assert refusal.value.code == "parent_not_open"
    assert "“Work 1” does not permit" in str(refusal.value)
    assert not ParentDraft.objects.exists()


def test_a_parent_that_is_no_more_or_asks_for_more_stops_the_signature(
    publish: Publish, live_chain: LiveChain, creator: User, cocreator: User
) -> None:
    parent = publish(creator, 1, ppm=50_000)
    mine = draft(cocreator, 2)
    set_parents(actor=cocreator, design=mine, parents=[parent])

    ParentDraft.objects.update(max_ppm=49_999)
    with pytest.raises(PublishingError) as refusal:
        freeze_and_sign(actor=cocreator, work=mine, password=PASSWORD)
    assert refusal.value.code == "parent_asks_more"

    ParentDraft.objects.update(max_ppm=50_000)
    act_as(live_chain, creator.custody_key.address, "setWithdrawn", int(parent.entry_id or "", 16), True)
    with pytest.raises(PublishingError) as refusal:
        freeze_and_sign(actor=cocreator, work=mine, password=PASSWORD)
    assert refusal.value.code == "parent_not_available"
    assert not Publication.objects.filter(design=mine).exists()


def test_a_price_below_the_least_fee_is_refused_and_one_at_it_is_taken(
    publish: Publish, live_chain: LiveChain, creator: User, cocreator: User
) -> None:
    parent = publish(creator, 1, ppm=300_000, minimum=7 * TUSD)
    mine = draft(cocreator, 2, price=23_333_333)
    shown = set_parents(actor=cocreator, design=mine, parents=[parent])
    assert shown.floor == 23_333_334

    with pytest.raises(PublishingError) as refusal:
        freeze_and_sign(actor=cocreator, work=mine, password=PASSWORD)
    assert "A price must be at least 23.333334 tUSD" in str(refusal.value)

    with_offer(mine, price=23_333_334)
    freeze_and_sign(actor=cocreator, work=mine, password=PASSWORD)
    live_chain.settle()
    assert EntryAncestor.objects.get().ppm == 300_000


def test_parents_that_ask_for_more_than_half_together_are_refused(
    publish: Publish, creator: User, cocreator: User
) -> None:
    parents = [publish(creator, seed, ppm=250_001) for seed in (1, 2)]
    mine = draft(cocreator, 3)

    with pytest.raises(PublishingError) as refusal:
        set_parents(actor=cocreator, design=mine, parents=parents)
    assert "ask for 50.0002 % of your revenue; 50 % is the most" in str(refusal.value)
    set_parents(actor=cocreator, design=mine, parents=parents[:1])
    for named in (parents[:1] * 2, [mine]):
        with pytest.raises(PublishingError):
            set_parents(actor=cocreator, design=mine, parents=named)
    assert ParentDraft.objects.get().entry_id == parents[0].entry_id


def test_naming_a_parent_takes_an_open_request_back(publish: Publish, creator: User, cocreator: User) -> None:
    parent = publish(creator, 1, ppm=50_000)
    parts = [Part(cocreator, "designer", 500_000), Part(creator, "host", 500_000)]
    mine = with_offer(draft_of(cocreator, file_of(2), parts=parts))
    asked = freeze_and_sign(actor=cocreator, work=mine, password=PASSWORD)

    set_parents(actor=cocreator, design=mine, parents=[parent])

    asked.refresh_from_db()
    assert asked.state == Publication.State.DROPPED


def test_nobody_elses_draft_can_be_changed(publish: Publish, creator: User, cocreator: User) -> None:
    parent = publish(creator, 1, ppm=50_000)
    theirs = draft(cocreator, 2)
    with pytest.raises(Design.DoesNotExist):
        set_parents(actor=creator, design=theirs, parents=[parent])
    with pytest.raises(Design.DoesNotExist):
        set_derivative_terms(actor=creator, design=theirs, open=True, ppm=1)


def test_terms_for_derived_works_have_their_limits(creator: User, png: bytes) -> None:
    mine = draft_of(creator, png)
    for terms in ({"ppm": 500_001}, {"ppm": 0, "minimum": 1}, {"ppm": -1}):
        with pytest.raises(PublishingError):
            set_derivative_terms(actor=creator, design=mine, open=True, **terms)
    set_derivative_terms(actor=creator, design=mine, open=True, ppm=500_000, minimum=1)
    assert mine.derivative_terms.ppm == 500_000
    set_derivative_terms(actor=creator, design=mine, open=False, ppm=500_000)
    mine = Design.objects.get(pk=mine.pk)
    assert not hasattr(mine, "derivative_terms")


def act_as(live: LiveChain, sender: str, function: str, *args: Any) -> None:
    """A call of the registry by an address whose key we do not use here."""
    live.node.rpc("anvil_setBalance", sender, hex(10**18))
    live.node.rpc("anvil_impersonateAccount", sender)
    data = "0x" + encode_call("DesignRegistry", function, list(args)).hex()
    to = live.chain.deployment.address("DesignRegistry")
    live.node.rpc("eth_sendTransaction", {"from": sender, "to": to, "data": data})
    live.node.rpc("anvil_stopImpersonatingAccount", sender)
    live.follow()
