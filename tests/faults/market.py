"""A market on a chain that fails: a design of two holders, published, bought and paid out by the services alone."""

import email
import email.policy
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import Notification, User
from accounts.services.notifications import deliver
from common.identifiers import license_id_of
from common.testing import PASSWORD, wait_until
from contracts.client import client
from contracts.indexer.rebuilding import reindex
from contracts.models import ChainEvent, ChainTransaction
from contracts.testing import LiveChain
from designs.models import Design
from designs.services.attachments import NewAttachment
from designs.services.upload import Part
from licensing.models import LicenseSale, LicenseTemplate
from licensing.selectors import OfferOnShow, offers_of
from licensing.services.templates import announce_templates, ship_templates
from marketplace.models import Order
from marketplace.services.checkout import BUY, place_order, sweep_orders
from marketplace.tests.support import draft_of
from payments.models import PaymentIntent
from payments.providers.test_provider import TestPaymentProvider
from payments.services import receive_webhook
from royalties.kinds import CLAIM_FOR
from royalties.models import RevenueEvent
from royalties.services.inboxes import sweep_due
from royalties.services.payouts import pay_out_due
from royalties.services.settlements import settle_due
from studio.kinds import REGISTER
from studio.services.attachments import add_attachment
from studio.services.drafts import OfferWish, set_first_offers
from studio.services.publishing import accept, freeze_and_sign

PRICE = 18_000_000
FEE = 900_000
OWN = 17_100_000
UNITS = (666_667, 333_333)
State = ChainTransaction.State


@dataclass
class Market:
    """The people, the chain, and every step as a service does it."""

    live: LiveChain
    creator: User
    cocreator: User
    buyer: User
    file: bytes
    file_name: str = "lantern.png"
    design: Design = field(init=False)

    def announce(self) -> None:
        ship_templates()
        announce_templates()
        self.live.settle()

    def submit(self, *, supply: int = 0, attached: Sequence[NewAttachment] = ()) -> None:
        """Everybody signs, and the registration is planned."""
        owner = Part(self.creator, "designer", UNITS[0])
        other = Part(self.cocreator, "tweaker", UNITS[1])
        self.design = draft_of(self.creator, self.file, parts=[owner, other], file_name=self.file_name)
        for new in attached:
            add_attachment(actor=self.creator, design=self.design, new=new)
        personal = LicenseTemplate.objects.get(code="personal", active=True)
        wish = OfferWish(template=personal, price=PRICE, supply=supply)
        set_first_offers(actor=self.creator, design=self.design, offers=[wish])
        publication = freeze_and_sign(actor=self.creator, work=self.design, password=PASSWORD)
        accept(actor=self.cocreator, publication=publication, password=PASSWORD)
        self.design.refresh_from_db()

    def publish(self, *, supply: int = 0) -> None:
        """On sale, in a block that is read, not final yet."""
        self.announce()
        self.submit(supply=supply)
        self.live.settle()

    @property
    def offer(self) -> OfferOnShow:
        return offers_of(chain_id=self.live.chain.chain_id, entry_id=self.design.entry_id or "")[0]

    def order(self, buyer: User | None = None, *, key: uuid.UUID | None = None) -> Order:
        return place_order(
            buyer=buyer or self.buyer,
            design=self.design,
            wanted=self.offer,
            price_seen=PRICE,
            checkout_key=key or uuid.uuid4(),
        )

    def buy(self, buyer: User | None = None) -> Order:
        """Order and pay; the purchase is planned then."""
        order = self.order(buyer)
        headers, body = self.webhook(order)
        receive_webhook(provider_name="test", headers=headers, body=body)
        order.refresh_from_db()
        return order

    def webhook(self, order: Order) -> tuple[dict[str, str], bytes]:
        assert order.payment is not None
        return TestPaymentProvider().decide(order.payment, pays=True)

    def beat(self) -> None:
        """What runs by itself every few seconds beside the chain's own sweeper."""
        sweep_orders()
        sweep_due()
        settle_due()
        pay_out_due()
        for unsent in Notification.objects.filter(sent_at__isnull=True):
            deliver(notification_id=unsent.pk)

    def deepen(self) -> None:
        """One block on top of what was just mined, and what follows from it."""
        self.live.node.mine()
        self.live.follow()
        self.beat()

    def finish(self) -> None:
        """Let time pass until everything that began has ended; what was just sent is sent again after a while only."""
        under_way = ChainTransaction.objects.filter(state__in=ChainTransaction.LIVE)
        wait_until(lambda: self.pass_time() and not under_way.exclude(state=State.MINED).exists())
        self.live.finalize()
        self.beat()
        if under_way.exists():
            self.finish()

    def pass_time(self) -> bool:
        self.live.settle()
        self.beat()
        return True

    # The chain's own word

    def ask(self, contract: str, function: str, *args: Any) -> Any:
        return client(self.live.chain).call(contract, function, *args)

    @property
    def entry(self) -> int:
        return int(self.design.entry_id or "", 16)

    @property
    def license_id(self) -> int:
        terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
        return license_id_of(entry_id=self.design.entry_id or "", terms_hash=terms)

    @property
    def currency(self) -> str:
        return self.live.chain.deployment.address("TestStablecoin")

    def licenses_on_chain(self, owner: User | str) -> int:
        return int(self.ask("DesignLicenses", "balanceOf", address_of(owner), self.license_id))

    def coins(self, owner: User | str) -> int:
        return int(self.ask("TestStablecoin", "balanceOf", address_of(owner)))

    def transaction(self, kind: str) -> ChainTransaction:
        return ChainTransaction.objects.get(kind=kind)

    def check(self, sold: dict[User, int] | None = None, *, elsewhere: int = 0) -> None:
        """Every purchase is one license, paid for and paid out once, in the chain, the rows and the mails.

        `elsewhere` counts licenses that somebody bought with a wallet of their own.
        """
        sold = {self.buyer: 1} if sold is None else sold
        ours, number = sum(sold.values()), sum(sold.values()) + elsewhere
        assert self.live.audit() == []
        for buyer, licenses in sold.items():
            assert self.licenses_on_chain(buyer) == licenses
        terms = bytes.fromhex(self.offer.offer.terms_hash[2:])
        assert self.ask("LicenseMarket", "offer", self.entry, terms, self.currency)[1] == number
        for holder, units in zip((self.creator, self.cocreator), UNITS, strict=True):
            assert self.coins(holder) == number * OWN * units // 1_000_000
        totals = tuple(self.ask("DesignShares", "totals", self.entry, self.currency))
        assert totals == (number * OWN, number * OWN, 0, 0)
        assert self.ask("DesignShares", "feesHeld", self.currency) == number * FEE
        assert LicenseSale.objects.count() == RevenueEvent.objects.count() == number
        orders = set(Order.objects.filter(state=Order.State.PAID).values_list("ref", flat=True))
        assert len(orders) == ours
        assert orders <= set(LicenseSale.objects.values_list("ref", flat=True))
        self._check_transactions(ours)
        for buyer, licenses in sold.items():
            assert Notification.objects.filter(user=buyer, kind="license_ready").count() == licenses
            assert mails_to(buyer, "Your license for") == licenses
        before = rows()
        reindex(self.live.chain, say=lambda _line: None)
        assert rows() == before

    def _check_transactions(self, sold: int) -> None:
        sent = ChainTransaction.objects.exclude(state__in=ChainTransaction.GIVEN_UP)
        assert set(sent.values_list("state", flat=True)) == {State.FINAL}
        assert sent.filter(kind=REGISTER).count() == 1
        assert sent.filter(kind=BUY).count() == sold
        assert sent.filter(kind=CLAIM_FOR).count() >= 1
        in_blocks = ChainTransaction.objects.filter(block_hash__isnull=False)
        nonces = sorted(in_blocks.values_list("nonce", flat=True))
        assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
        assert client(self.live.chain).nonce(self.live.operator) == nonces[-1] + 1


def address_of(owner: User | str) -> str:
    return owner if isinstance(owner, str) else owner.custody_key.address


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that was projected, by natural keys."""
    found = {}
    for relation in ChainEvent._meta.related_objects:
        model = relation.related_model
        names = [f.name for f in model._meta.concrete_fields if f.name not in {"id", "event"}]
        where = ("event__block__hash", "event__log_index")
        found[model.__name__] = sorted(model.objects.values_list(*where, *names), key=repr)
    events = ("block__hash", "log_index", "name", "args", "transaction_hash")
    found["ChainEvent"] = sorted(ChainEvent.objects.values_list(*events), key=repr)
    return found


def agrees(market: Market) -> None:
    """Database and chain say the same, and a fresh read gives the same rows."""
    market.live.follow()
    differences = market.live.audit()
    assert not differences, "\n".join(differences)
    assert not ChainEvent.objects.filter(name="").exists()
    before = rows()
    reindex(market.live.chain, say=lambda _line: None)
    assert rows() == before


def mails_to(user: User, subject: str) -> int:
    """How many mails to this person, with a subject that begins like this, really left."""
    number = 0
    for path in settings.EMAIL_FILE_PATH.glob("*"):
        for text in path.read_bytes().split(b"-" * 79 + b"\n"):
            mail = email.message_from_bytes(text, policy=email.policy.default)
            number += mail["To"] == user.email and str(mail["Subject"]).strip().startswith(subject)
    return number


def refunds_of(order: Order) -> int:
    assert order.payment is not None
    return PaymentIntent.objects.get(pk=order.payment.pk).events.filter(kind="refunded").count()
