"""A chain read again beside what is there: what differs is found and put right, and nothing else is touched."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from common.locks import Lock, _number
from contracts.errors import ChainError
from contracts.indexer import follow_to_head
from contracts.indexer.beside import SCHEMA, _reading_beside, _tables_beside, reindex_beside
from contracts.models import ChainBlock, ChainEvent
from contracts.testing import database_url
from designs.models import RegistryEntry
from licensing.models import LicenseSale, Offer
from marketplace.models import Listing
from royalties.models import RevenueEvent, ShareMovement
from tests.faults.market import Market

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def beside(market: Market, *, repair: bool = True) -> dict[str, tuple[int, int]]:
    found = reindex_beside(market.live.chain, repair=repair, say=lambda _line: None)
    return {item.table: (item.too_many, item.missing) for item in found}


def test_equal_rows_stay_and_what_differs_is_put_right(sold: Market) -> None:
    assert beside(sold) == {}
    listed = Listing.objects.values().get()
    kept = set(ShareMovement.objects.values_list("pk", flat=True))
    gross = RevenueEvent.objects.get().gross
    RevenueEvent.objects.update(gross=gross + 1)
    event = ChainEvent.objects.get(pk=RevenueEvent.objects.get().event_id)
    extra = RevenueEvent.objects.get()
    extra.pk, extra.ref = None, "0x" + "77" * 32
    extra.event = ChainEvent.objects.filter(name="LicenseSold").get()
    extra.save()
    offers = Offer.objects.all().delete()[0]
    ChainEvent.objects.filter(name="EntryRegistered").delete()
    Listing.objects.all().delete()
    wrong = {
        "contracts_chainevent": (0, 1),
        "designs_registryentry": (0, 1),
        "licensing_offer": (0, offers),
        "royalties_revenueevent": (2, 1),
    }
    assert beside(sold, repair=False) == wrong
    assert beside(sold) == wrong
    assert beside(sold) == {}
    assert RevenueEvent.objects.get().gross == gross
    assert RevenueEvent.objects.get().event_id == event.pk
    assert set(ShareMovement.objects.values_list("pk", flat=True)) == kept
    assert RegistryEntry.objects.count() == LicenseSale.objects.count() == 1
    assert Offer.objects.count() == offers
    assert Listing.objects.values().get() == listed, "the triggers saw what came back"
    assert sold.live.audit() == []


def test_a_block_that_was_stored_wrongly_is_put_right_and_keeps_its_events(sold: Market) -> None:
    sale = ChainEvent.objects.filter(name="LicenseSold").values().get()
    stored = ChainBlock.objects.filter(pk=sale["block_id"])
    right = stored.values().get()
    for wrong in ({"timestamp": right["timestamp"] + timedelta(days=1)}, {"parent_hash": "0x" + "77" * 32}):
        stored.update(**wrong, has_events=False)
        assert beside(sold, repair=False) == {"contracts_chainblock": (1, 1)}
        assert beside(sold) == {"contracts_chainblock": (1, 1)}
        assert stored.values().get() == right
    assert ChainEvent.objects.filter(name="LicenseSold").values().get() == sale


def test_the_command_says_what_differs_and_leaves_no_tables_behind(sold: Market) -> None:
    code, output = sold.live.manage("reindex", "--compare")
    assert (code, "Every row is as a fresh read makes it." in output) == (0, True), output
    ShareMovement.objects.filter(units__gt=0).update(units=1)
    code, output = sold.live.manage("reindex", "--compare")
    assert code == 1
    assert "royalties_sharemovement: 2 rows too many, 2 missing." in output
    assert "manage.py reindex --beside" in output
    code, output = sold.live.manage("reindex", "--beside")
    assert (code, "All of it was put right." in output) == (0, True), output
    assert sold.live.audit() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        assert cursor.fetchone() == (0,)


def test_it_is_done_while_the_indexer_reads_on_and_only_once_at_a_time(sold: Market) -> None:
    indexer = sold.live.start("manage.py", "follow_chain", unheard=True)
    ShareMovement.objects.update(units=1)
    sold.live.node.mine(5)
    assert beside(sold)
    assert indexer.poll() is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7, 0)")
    try:
        code, output = sold.live.manage("reindex", "--beside")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7, 0)")
    assert (code, "already" in output) == (1, True), output


def test_what_is_read_beside_does_not_wait_for_the_indexer(sold: Market) -> None:
    chain = sold.live.chain
    with _tables_beside(), _reading_beside(), psycopg.connect(database_url()) as indexer:
        indexer.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Lock.INDEXER.value, _number(chain.chain_id)])
        *_steps, last = follow_to_head(chain, steps=20)
        assert last.at_head


def test_what_fails_half_way_changes_nothing(sold: Market) -> None:
    ShareMovement.objects.update(units=1)
    sold.live.node.stop()
    with pytest.raises(ChainError):
        beside(sold)
    sold.live.node.start()
    assert set(ShareMovement.objects.values_list("units", flat=True)) == {1}
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert "reindex" not in cursor.fetchone()[0]
