"""Whatever happens in whatever order: the rows equal a fresh read, and every action is done exactly once."""

import time
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.indexer.rebuilding import reindex
from contracts.models import ChainBlock, ChainCursor, ChainEvent, ChainTransaction, SenderNonce
from contracts.testing import DeployedAnvil, LiveChain
from contracts.tests.actions import address, balance, plan_terms, plan_transfer

Op = tuple[str, int]
operations = st.lists(
    st.one_of(
        st.tuples(st.just("act"), st.integers(1, 3)),
        st.tuples(st.just("mine"), st.integers(1, 3)),
        st.tuples(st.just("reorg"), st.integers(1, 5)),
        st.tuples(st.just("follow"), st.just(0)),
        st.tuples(st.just("sweep"), st.just(0)),
        st.tuples(st.just("automine"), st.integers(0, 1)),
    ),
    min_size=3,
    max_size=12,
)


def rows() -> list[tuple[object, ...]]:
    return list(
        ChainEvent.objects.values_list("block__number", "block__hash", "log_index", "name", "args", "transaction_hash")
    )


def forget_everything() -> None:
    for model in (ChainBlock, ChainCursor, ChainTransaction, SenderNonce):
        model.objects.all().delete()


def settle_all(live: LiveChain) -> None:
    """Until nothing is on its way any more; bytes that were sent a moment ago are sent again after a while."""
    for _round in range(40):
        live.follow()
        live.settle()
        if not ChainTransaction.objects.exclude(state__in=["mined", "final"]).exists():
            return
        time.sleep(0.1)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=operations)
def test_any_history_ends_in_the_rows_of_a_fresh_read(
    live_chain: LiveChain, deployed_anvil: DeployedAnvil, history: list[Op]
) -> None:
    deployed_anvil.reset()
    live = replace(live_chain, chain=deployed_anvil.chain(), started=[])
    with transaction.atomic():
        forget_everything()
        live.node.mine(6)
        floor = live.node.head - 6
        planned = 0
        for name, number in history:
            if name == "act":
                for _action in range(number):
                    plan_terms(f"t{planned}")
                    plan_transfer(address(f"h{planned}"), amount=planned + 1)
                    planned += 1
            elif name == "mine":
                live.node.mine(number)
            elif name == "reorg":
                live.node.reorg(min(number, live.node.head - floor))
            elif name == "automine":
                live.node.automine(bool(number))
            else:
                getattr(live, name)()
        live.node.automine(True)
        settle_all(live)
        read = rows()
        reindex(live.chain, say=lambda line: None)
        assert rows() == read
        assert set(ChainTransaction.objects.values_list("state", flat=True)) <= {"mined", "final"}
        assert ChainEvent.objects.filter(name="TermsDefined").count() == planned
        assert [balance(live, address(f"h{n}")) for n in range(planned)] == list(range(1, planned + 1))
        assert live.audit() == []
        transaction.set_rollback(True)
