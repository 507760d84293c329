"""The contract's ledger beside the second one: after every step of any history they owe everybody the same."""

from random import Random

import hypothesis
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from contracts.testing import LiveChain
from contracts.tests.stage import Stage, draw, stage

__all__ = ["stage"]

# As many as the profile says if it asks for more than usual: script/test --long.
SEQUENCES = max(75, hypothesis.settings.default.max_examples if hypothesis.settings.default.max_examples > 100 else 0)


def test_the_contract_owes_everybody_what_the_second_ledger_says(stage: Stage, live_chain: LiveChain) -> None:
    """Histories are drawn from a number, not piece by piece: pieces make hypothesis vary what it had, and few of its
    histories have several generations that earn. What fails is told by its number and shortest length."""
    kept = [live_chain.node.snapshot()]

    @settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(number=st.integers(0, 2**64 - 1), steps=st.integers(25, 40))
    def run(number: int, steps: int) -> None:
        assert live_chain.node.go_back(kept[0])
        kept[0] = live_chain.node.snapshot()
        stage.begin()
        random = Random(number)
        for _step in range(steps):
            name, *words = draw(random, stage)
            note(f"{name} {words}")
            getattr(stage, name)(*words)
            stage.compare()
        stage.compare_all()

    run()
