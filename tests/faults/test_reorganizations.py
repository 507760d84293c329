"""Blocks that vanish after people have seen what was in them: it goes back, comes again, and counts once."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.testing import PASSWORD
from contracts.models import ChainTransaction, TransactionAttempt
from designs.models import EntryAncestor, RegistryEntry
from licensing.models import LicenseSale
from licensing.selectors import licenses_of
from licensing.services.downloads import DownloadRefused, grant_download, use_grant
from marketplace.models import Order
from marketplace.tests.support import draft_of, with_offer
from payments.services import carry_refund
from royalties.models import Payout
from royalties.selectors import earning_totals
from studio.errors import PublishingError
from studio.services.publishing import freeze_and_sign
from studio.services.references import refer_to_entry
from studio.tests.resources import signed_by_owner
from tests.faults.market import Market, agrees, mails_to, refunds_of
from tests.faults.wallets import buy_with, wallet_with_coins

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def page(user: object, name: str, *args: object) -> str:
    browser = Client()
    browser.force_login(user)  # type: ignore[arg-type]
    return browser.get(reverse(name, args=args)).content.decode()


def reorganize(market: Market) -> None:
    """Depth 3, read by the indexer; nothing is sent again yet."""
    market.live.node.reorg(3)
    market.live.follow()


def test_a_sale_that_vanishes_leaves_the_library_and_comes_back_once(market: Market) -> None:
    market.publish()
    order = market.buy()
    market.live.settle()
    market.deepen()
    held = licenses_of(user=market.buyer)
    assert [one.download_open for one in held] == [True]
    grant = grant_download(user=market.buyer, license_id=market.license_id)
    assert "The chain has your license" in page(market.buyer, "marketplace:order", order.public_id)
    tx = market.transaction("buy")

    reorganize(market)

    assert market.licenses_on_chain(market.buyer) == 0
    assert licenses_of(user=market.buyer) == []
    assert "No licenses yet" in page(market.buyer, "licensing:library")
    assert "We are buying the license" in page(market.buyer, "marketplace:order", order.public_id)
    with pytest.raises(DownloadRefused):
        use_grant(user=market.buyer, grant=grant)

    market.live.sweep()
    market.live.follow()
    assert "The chain has your license" in page(market.buyer, "marketplace:order", order.public_id)
    market.finish()
    assert "The license is yours" in page(market.buyer, "marketplace:order", order.public_id)
    assert use_grant(user=market.buyer, grant=grant) == grant
    assert tx.attempts.count() == 1
    market.check()


def test_a_registration_that_vanishes_with_its_sale_comes_back_with_it(market: Market) -> None:
    market.announce()
    market.live.finalize()
    market.submit()
    market.live.sweep()
    market.live.follow()
    order = market.buy()
    market.live.sweep()
    market.live.node.mine()
    market.live.follow()
    assert "Gyroid Lantern" in page(market.buyer, "marketplace:home")
    assert [one.license_id for one in licenses_of(user=market.buyer)] == [market.license_id]

    reorganize(market)

    assert "Gyroid Lantern" not in page(market.buyer, "marketplace:home")
    assert "No licenses yet" in page(market.buyer, "licensing:library")
    assert "We are buying the license" in page(market.buyer, "marketplace:order", order.public_id)
    assert "Gyroid Lantern" in page(market.creator, "studio:dashboard")
    assert not LicenseSale.objects.exists()

    market.finish()
    assert "Gyroid Lantern" in page(market.buyer, "marketplace:home")
    market.check()


def test_a_payout_that_vanishes_is_owed_again_and_paid_once(market: Market) -> None:
    market.publish()
    market.buy()
    market.live.finalize()
    market.beat()
    market.live.settle()
    market.deepen()
    assert market.coins(market.creator) == 11_400_005

    reorganize(market)

    assert (market.coins(market.creator), Payout.objects.count()) == (0, 0)
    [total] = earning_totals(chain_id=market.live.chain.chain_id, holder=market.creator.custody_key.address)
    assert (total.credited, total.claimable) == (11_400_005, 11_400_005)

    market.beat()
    market.finish()
    market.check()
    assert ChainTransaction.objects.filter(kind="claim_for").count() == 1


def test_a_sale_that_vanishes_under_its_payout_is_paid_out_once(market: Market) -> None:
    market.publish()
    market.live.finalize()
    market.buy()
    market.live.sweep()
    market.live.follow()
    market.beat()
    market.live.sweep()
    market.deepen()
    assert market.coins(market.cocreator) == 5_699_994

    reorganize(market)
    market.beat()

    assert not LicenseSale.objects.exists()
    market.finish()
    market.check()


def test_a_sale_that_a_reorganization_moves_behind_the_payout_is_paid_out_too(market: Market, stranger: User) -> None:
    """The new branch has the first sale, its payout and a second sale, all in the block of the first sale."""
    market.publish()
    market.live.finalize()
    market.buy()
    market.live.sweep()
    market.live.follow()
    first = market.live.node.head
    market.beat()
    market.live.sweep()
    market.live.follow()
    market.beat()
    market.buy(stranger)
    market.live.sweep()
    market.live.follow()
    raws = TransactionAttempt.objects.filter(transaction__kind__in=["buy", "claim_for"]).order_by("nonce")

    market.live.node.reorg(3, *[("0x" + bytes(attempt.raw).hex(), 0) for attempt in raws])

    market.live.follow()
    assert set(LicenseSale.objects.values_list("event__block__number", flat=True)) == {first}
    assert Payout.objects.count() == 2
    market.finish()
    market.check({market.buyer: 1, stranger: 1})


def test_the_last_license_that_somebody_else_gets_on_the_new_branch_gives_the_money_back(market: Market) -> None:
    wallet = wallet_with_coins(market)
    market.publish(supply=1)
    market.live.finalize()
    order = market.buy()
    market.live.sweep()
    market.live.node.mine(2)
    market.live.follow()
    market.beat()
    assert [one.download_open for one in licenses_of(user=market.buyer)] == [True]

    market.live.node.reorg(3)
    buy_with(market, wallet)
    market.finish()

    order.refresh_from_db()
    assert order.state == Order.State.FAILED
    assert "SoldOut" in order.state_reason
    assert carry_refund(intent_id=order.payment.pk)
    assert not carry_refund(intent_id=order.payment.pk)
    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert refunds_of(order) == 1
    assert licenses_of(user=market.buyer) == []
    assert (market.licenses_on_chain(market.buyer), market.licenses_on_chain(wallet)) == (0, 1)
    assert mails_to(market.buyer, "Your purchase of") == 1
    market.check({}, elsewhere=1)


def test_a_registered_model_that_vanishes_is_shown_no_more_and_comes_back_once(market: Market) -> None:
    market.announce()
    market.live.finalize()
    model, _publication = signed_by_owner(market.cocreator)
    market.live.sweep()
    market.live.follow()
    shown = reverse("marketplace:resource", args=[model.public_id])
    assert Client().get(shown).status_code == 200
    # Somebody names it meanwhile, and asks for its part.
    design = with_offer(draft_of(market.creator, market.file))
    assert refer_to_entry(actor=market.creator, design=design, kind="model", entry_id=model.entry_id or "")

    reorganize(market)

    assert Client().get(shown).status_code == 404
    assert "on its way to the chain" in page(market.cocreator, "studio:resource", model.public_id)
    assert not RegistryEntry.objects.exists()
    with pytest.raises(PublishingError):
        freeze_and_sign(actor=market.creator, work=design, password=PASSWORD)

    market.finish()
    assert "Registered and anchored" in page(market.cocreator, "studio:resource", model.public_id)
    assert Client().get(shown).status_code == 200
    freeze_and_sign(actor=market.creator, work=design, password=PASSWORD)
    market.finish()
    design.refresh_from_db()
    owed = EntryAncestor.objects.get(entry_id=design.entry_id)
    assert (owed.ancestor_id, owed.ppm, owed.direct) == (model.entry_id, 50_000, True)
    assert sorted(RegistryEntry.objects.values_list("kind", flat=True)) == [0, 1]
    assert market.ask("DesignRegistry", "entry", int(model.entry_id or "0", 16))[1] == 1
    agrees(market)
