"""A local chain is put aside while others work on it: in the order in which they lock, and whole."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from common.locks import Lock, hold
from common.testing import others_wait, wait_until
from contracts.deployment.archive import archive_local_chain
from contracts.models import ChainBlock, ChainCursor, ChainTransaction, SenderNonce
from contracts.testing import LiveChain
from contracts.tests.actions import address, plan_transfer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def archive(live: LiveChain) -> None:
    try:
        archive_local_chain(live.chain, reason="it is gone")
    finally:
        connection.close()


def test_who_puts_a_chain_aside_waits_for_a_key_before_it_holds_what_that_sends(live_chain: LiveChain) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            SenderNonce.objects.select_for_update().get()
            archiving = other.submit(archive, live_chain)
            wait_until(others_wait, seconds=10)
            assert list(ChainTransaction.objects.select_for_update(nowait=True))
        archiving.result(timeout=20)
    assert [model.objects.count() for model in (ChainTransaction, SenderNonce)] == [0, 0]


def test_a_window_that_is_stored_meanwhile_is_put_aside_too(live_chain: LiveChain) -> None:
    """A block of the old chain would keep the same block of the new one out for ever."""
    live_chain.follow()
    number = ChainCursor.objects.get().number + 1
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            hold(Lock.INDEXER, live_chain.chain.chain_id)
            ChainCursor.objects.update(number=number)
            block = {"hash": "0x" + "ab" * 32, "parent_hash": "0x" + "cd" * 32, "timestamp": timezone.now()}
            ChainBlock.objects.create(chain_id=live_chain.chain.chain_id, number=number, **block)
            archiving = other.submit(archive, live_chain)
            wait_until(others_wait, seconds=10)
        archiving.result(timeout=20)
    assert [model.objects.count() for model in (ChainBlock, ChainCursor)] == [0, 0]
