"""Earnings of all addresses of a person: exact, by source and by day, in pages and as a file."""

import csv
import io

import pytest
from django.urls import reverse

from accounts.models import User, Wallet
from accounts.selectors import addresses_of
from designs.models import Contribution, Design
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from royalties.models import ShareMovement
from royalties.selectors import earning_totals, earnings_by_day, statement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]
EARNINGS = "/earnings/"


@pytest.fixture
def thirds(creator: User, cocreator: User, buyer: User) -> Design:
    """A price and shares that do not divide; the creator's third lies in two addresses of theirs."""
    rows.chain_read_to(200)
    parts = {creator: (Contribution.Role.DESIGNER, 333_333), cocreator: (Contribution.Role.TWEAKER, 666_667)}
    design = rows.draft(creator, "=Thirds", parts=parts)
    rows.anchor(design, block=9, prices={"personal": 1_000_001})
    wallet = Wallet.objects.create(user=creator, address="0x" + "Ab" * 20, kind="eoa")
    move = ShareMovement.objects.get(receiver=creator.custody_key.address)
    ShareMovement.objects.create(
        event=move.event, position=1, chain_id=move.chain_id, entry_id=move.entry_id,
        sender=creator.custody_key.address, receiver=wallet.address, units=111_111,
    )  # fmt: skip
    for number in range(60):
        rows.sale(design, buyer, block=20 + number // 3)
    return design


def test_two_addresses_earn_what_each_earns_to_the_unit(thirds: Design, creator: User) -> None:
    where = {"chain_id": thirds.chain_id}
    both = addresses_of(creator)
    each = [earning_totals(**where, holder=address)[0].credited for address in both]
    assert earning_totals(**where, holder=both)[0].credited == sum(each)
    lines = statement(**where, holder=both, limit=None)
    assert len(lines) == 120
    assert sum(line.amount for line in lines) == sum(each)
    assert sum(one.amount for one in earnings_by_day(**where, holder=both)) == sum(each)


def test_pages_hold_each_line_once_also_within_one_block(thirds: Design, creator: User) -> None:
    whole = [line.place for line in statement(chain_id=thirds.chain_id, holder=addresses_of(creator), limit=None)]
    html = page(creator, EARNINGS)
    seen = html.count('data-label="Received at"')
    while "Older lines" in html:
        before = html.split("?before=")[1].split("#")[0]
        html = page(creator, f"{EARNINGS}?before={before}")
        seen += html.count('data-label="Received at"')
    assert seen == len(whole) == len(set(whole))
    for odd in ("x", "1", "9" * 90, "1.1.0xzz", "1.1"):
        assert "That link to a page was not whole" in page(creator, f"{EARNINGS}?before={odd}")


def test_the_file_has_every_line_exactly_and_no_formula(thirds: Design, creator: User) -> None:
    answer = signed_in(creator).get(reverse("royalties:statement_csv"))
    found = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(found) == 120
    assert {row["design"] for row in found} == {"'=Thirds"}
    assert {row["price"] for row in found} == {"1.000001"}
    units = sum(int(row["amount"].replace(".", "")) for row in found)
    total = earning_totals(chain_id=thirds.chain_id, holder=addresses_of(creator))[0]
    assert units == total.credited
    assert answer["Content-Disposition"] == 'attachment; filename="loomprint-statement.csv"'


def test_the_chart_ends_at_what_was_credited_and_the_table_says_it_too(thirds: Design, creator: User) -> None:
    drawn = signed_in(creator).get(reverse("royalties:series")).json()
    total = earning_totals(chain_id=thirds.chain_id, holder=addresses_of(creator))[0]
    assert round(drawn["credited"][-1] * 1_000_000) == total.credited
    assert len(drawn["days"]) == len(drawn["credited"]) == 1
    seen = text(page(creator, EARNINGS))
    assert "By source Source Credits Credited Sale 120" in seen


@pytest.mark.parametrize("name", ["series", "statement_csv"])
def test_files_tell_each_person_their_own(thirds: Design, stranger: User, name: str) -> None:
    address = reverse(f"royalties:{name}")
    assert signed_in(None).get(address).status_code == 302
    assert signed_in(stranger).post(address).status_code == 405
    assert "Thirds" not in signed_in(stranger).get(address).content.decode()
    assert "0.1" not in signed_in(stranger).get(address).content.decode()
