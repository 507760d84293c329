"""What the database says of units and money beside the second ledger, which has only heard what was done."""

from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from common.identifiers import entry_id_hex
from contracts.testing import LiveChain
from contracts.tests.stage import NAMES, Stage, draw, stage
from designs.selectors import ancestors_of
from royalties.models import AncestorSettlement, RevenueEvent
from royalties.selectors import replay

__all__ = ["stage"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_database_owes_everybody_what_the_second_ledger_says(stage: Stage, live_chain: LiveChain) -> None:
    kept = [live_chain.node.snapshot()]

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(number=st.integers(0, 2**64 - 1))
    def run(number: int) -> None:
        assert live_chain.node.go_back(kept[0])
        kept[0] = live_chain.node.snapshot()
        stage.begin()
        random = Random(number)
        with transaction.atomic():
            for step in range(40):
                name, *words = draw(random, stage)
                note(f"{name} {words}")
                getattr(stage, name)(*words)
                if step % 10 == 9:
                    live_chain.follow()
                    compare(stage, live_chain.chain.chain_id)
            assert live_chain.audit() == []
            transaction.set_rollback(True)

    run()


def compare(stage: Stage, chain_id: int) -> None:
    ledger = stage.ledger
    for entry in stage.entries:
        where: dict[str, Any] = {"chain_id": chain_id, "entry_id": entry_id_hex(entry)}
        lines = {int(line.ancestor_id, 16): (line.ppm, line.binding_ppm) for line in ancestors_of(**where)}
        assert lines == {ancestor: (line.ppm, line.binding) for ancestor, line in ledger.lines[entry].items()}
        for currency in stage.currencies:
            told = replay(**where, currency=currency)
            assert {name: told.units[name] for name in NAMES} == {
                name: ledger.units[entry].get(name, 0) for name in NAMES
            }
            assert {name: told.claimable(name) for name in NAMES} == {
                name: ledger.claimable(name, entry, currency) for name in NAMES
            }
            assert sums(where | {"currency": currency}) == ledger.totals(entry, currency)


def sums(where: dict[str, Any]) -> tuple[int, int, int, int]:
    """Net of fees, the holders' own, reserved for ancestors, inbound from descendants."""
    came = RevenueEvent.objects.filter(**where).aggregate(*(Sum(name) for name in ("gross", "fee", "ancestors", "own")))
    inbound = int(AncestorSettlement.objects.filter(**where).aggregate(total=Sum("amount"))["total"] or 0)
    gross, fee, ancestors, own = (int(came[f"{name}__sum"] or 0) for name in ("gross", "fee", "ancestors", "own"))
    return gross - fee, own + inbound, ancestors, inbound
