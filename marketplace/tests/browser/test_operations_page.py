"""The operator's page of the chains, as a person sees it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from contracts.chains import chain
from contracts.models import AuditRun, ChainCursor, KeyBalance, ReadingError
from marketplace.tests.browser.test_moderation import keep
from marketplace.tests.browser.visitor import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_the_page_is_whole_with_much_to_say(visitor: Visitor, moderator: User) -> None:
    here, now = chain().chain_id, timezone.now()
    hash_of = "0x" + "ab" * 32
    ChainCursor.objects.create(
        chain_id=here,
        number=1200,
        hash=hash_of,
        finalized_number=1100,
        finalized_hash=hash_of,
        head_number=1230,
        reached_at=now,
        sending_stopped="The chain has another block 1100 than the final one that was read. "
        "Nothing is sent until `manage.py reindex --chain public` has run.",
    )
    for key, wei in (("0x" + "ab" * 20, 4 * 10**17), ("0x" + "cd" * 20, 3 * 10**18)):
        KeyBalance.objects.create(chain_id=here, address=key, wei=wei, read_at=now)
    for number in range(4):
        ReadingError.objects.create(
            chain_id=here,
            at=now - timedelta(seconds=number),
            error=f"Two nodes have different blocks 12{number}: neither is believed.",
        )
    lines = [f"contracts.events: log {number} of block {hash_of} is not in the database." for number in range(3)]
    AuditRun.objects.create(chain_id=here, began_at=now, ended_at=now, block_number=1190, differences=3, lines=lines)
    visitor.sign_in(moderator)
    visitor.look("/admin/operations/?still")
    keep(visitor, "operations")
