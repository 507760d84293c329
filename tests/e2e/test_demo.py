"""The demo's seeding against the whole installation: killed on its way, started again, and once more for nothing."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from common.testing import wait_until
from tests.stack import ROOT, Stack

SECONDS = 240

SEED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from designs.programs.demo import DemoDesign
from designs.programs.growth_rings import GrowthRings
from designs.programs.herbarium import Herbarium
from marketplace.services.demo import seed

def sheet(title, program, parameters, creator, **more):
    offers = (("personal", 8_000_000), ("commercial", 50_000_000))
    return DemoDesign(
        program=program, parameters=parameters, seed=4, title=title, description="A sheet.", tags=("sheet",),
        disclosure="not_ai", creator_key=creator, creator_role="designer", offers=offers, **more,
    )

if __name__ == "__main__":
    rings = GrowthRings(rings=2, steps=4, resolution=240)
    night = GrowthRings(rings=2, steps=4, resolution=240, palette="night")
    reeds = Herbarium(plants=1, generations=3, resolution=240)
    seed(
        say=lambda line: print(line, flush=True),
        designs=(
            sheet("First", "growth_rings", rings, "hortus", derived_ppm=150_000, sales=(("mara", "personal"),)),
            sheet("Second", "herbarium", reeds, "tidal", cocreators=(("orrery", "tweaker", 100_000),)),
            sheet("Third", "growth_rings", night, "fieldlines", parents=("First",), sales=(("ines", "commercial"),)),
        ),
        timeout=200,
    )
"""

ASK = """
import json
from designs.models import Design
from licensing.models import LicenseSale
from marketplace.models import Order
from royalties.models import RevenueEvent
titles = ("First", "Second", "Third")
orders = Order.objects.filter(design__title__in=titles)
refs = list(orders.values_list("ref", flat=True))
revenue = RevenueEvent.objects.filter(ref__in=refs)
print(json.dumps({
    "designs": list(Design.objects.filter(title__in=titles).order_by("id").values_list("title", flat=True)),
    "payments": orders.values("payment").distinct().count(),
    "orders": orders.count(),
    "sales": LicenseSale.objects.filter(ref__in=refs).count(),
    "ancestors": sorted(int(amount) for amount in revenue.values_list("ancestors", flat=True)),
}))
"""


def _start(stack: Stack, script: Any) -> subprocess.Popen[str]:
    env = {**stack.env, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def _asked(stack: Stack) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(stack.manage("shell", "-v", "0", "-c", ASK).stdout.splitlines()[-1])
    return answer


@pytest.mark.long
def test_seeding_survives_a_kill_and_does_everything_once(stack: Stack, tmp_path: Any) -> None:
    script = tmp_path / "seed.py"
    script.write_text(SEED)
    killed = _start(stack, script)
    assert killed.stdout is not None
    for line in killed.stdout:
        if line.startswith("design 2 of 3"):
            killed.kill()
            break
    killed.wait(timeout=20)
    second = _start(stack, script)
    said, _ = second.communicate(timeout=SECONDS)
    assert second.returncode == 0
    assert said.splitlines()[-1] == "the demo is complete"
    wait_until(lambda: _asked(stack)["sales"] == 2, seconds=60)
    done = _asked(stack)
    assert done["designs"] == ["First", "Second", "Third"]
    assert done["orders"] == done["payments"] == 2
    # 15 % of 50 dollars less the fee of 5 %: what the first design earns of the sale of the third.
    assert done["ancestors"] == [0, 7_125_000]
    began = time.monotonic()
    third = _start(stack, script)
    third.communicate(timeout=SECONDS)
    assert third.returncode == 0
    assert _asked(stack) == done
    assert time.monotonic() - began < 60
