"""Demo content for a local start: accounts, designs by the programs in designs.programs, and sales.

Every step looks first whether it was done, so that an interrupted run continues where it stopped.
"""

import hashlib
import io
import json
import time
import uuid
from collections.abc import Callable
from functools import partial

from django.conf import settings

from accounts.models import User
from accounts.services import open_account
from designs.models import Design
from designs.programs import PROGRAMS
from designs.programs.base import source_path
from designs.programs.demo import DemoDesign, DemoPerson, demo_designs, demo_people
from designs.selectors import progress_of
from designs.services.upload import MadeWith, Part, ReceivedFile, create_draft
from licensing.models import LicenseTemplate
from licensing.selectors import offers_of
from marketplace.models import Order
from marketplace.services.checkout import place_order
from marketplace.services.demo_wallets import fund_demo_wallets
from payments.providers.test_provider import TestPaymentProvider
from payments.services import receive_webhook
from studio.models import Consent, Publication
from studio.services.drafts import OfferWish, set_first_offers
from studio.services.publishing import accept, freeze_and_sign

DEMO_PASSWORD = "loomprint-demo"  # noqa: S105 (printed at every local start)
MODERATOR = DemoPerson("moderator", "Moderator", "moderator@loomprint.example", False)
BUYER_KEY = "buyer"
BOUGHT = 3
# The demo's own keys for its orders: the same design is bought once, however often the demo is seeded.
ORDER_KEYS = uuid.UUID("5f6d7c9e-6b1c-4c52-9a55-6f2f1d1c0a11")

Say = Callable[[str], None]


def seed(*, say: Say, timeout: float = 900) -> None:
    """Bring the demo in, one design after the other. Raises TimeoutError when workers do not follow."""
    people = {
        person.key: open_account(
            email=person.email,
            password=DEMO_PASSWORD,
            display_name=person.display_name,
            is_staff=person is MODERATOR,
        )
        for person in (*demo_people, MODERATOR)
    }
    fund_demo_wallets()
    for number, demo in enumerate(demo_designs, start=1):
        say(f"design {number} of {len(demo_designs)}: {demo.title}")
        design = _ensure_draft(demo, people)
        _ensure_published(demo, design, people, timeout=timeout)
    for number, demo in enumerate(demo_designs):
        design = Design.objects.get(owner=people[demo.creator_key], title=demo.title)
        _wait(partial(_on_sale, design), timeout=timeout, what=f"“{demo.title}” to be published")
        if number < BOUGHT:
            _ensure_bought(people[BUYER_KEY], design)
    say("the demo is complete")


def _ensure_draft(demo: DemoDesign, people: dict[str, User]) -> Design:
    owner = people[demo.creator_key]
    existing = Design.objects.filter(owner=owner, title=demo.title).first()
    if existing is not None:
        return existing
    program = PROGRAMS[demo.program]
    others = [Part(people[key], role, units) for key, role, units in demo.cocreators]
    source = source_path(program.module)
    return create_draft(
        owner=owner,
        title=demo.title,
        description=demo.description,
        tags=demo.tags,
        disclosure=demo.disclosure,
        made_with=MadeWith(
            model_name=program.name,
            model_version=program.version,
            parameters=demo.provenance(),
            seed=str(demo.seed),
        ),
        master=ReceivedFile(io.BytesIO(_generated(demo)), demo.filename),
        source=ReceivedFile(io.BytesIO(source.read_bytes()), source.name),
        parts=[Part(owner, demo.creator_role, demo.creator_units), *others],
    )


def _generated(demo: DemoDesign) -> bytes:
    """The program's output, kept under a name made of everything that shapes it."""
    stated = json.dumps(demo.provenance(), sort_keys=True)
    cached = settings.LOOMPRINT_VAR / "demo" / f"{hashlib.sha256(stated.encode()).hexdigest()}.bin"
    if not cached.is_file():
        cached.parent.mkdir(parents=True, exist_ok=True)
        fresh = cached.with_suffix(".new")
        fresh.write_bytes(demo.generate())
        fresh.replace(cached)
    return cached.read_bytes()


def _ensure_published(demo: DemoDesign, design: Design, people: dict[str, User], *, timeout: float) -> None:
    _wait(lambda: _drafted(design), timeout=timeout, what=f"“{design.title}” to be processed")
    design.refresh_from_db()
    if design.state == Design.State.DRAFT and not design.publications.filter(state="asked").exists():
        templates = {t.code: t for t in LicenseTemplate.objects.filter(active=True)}
        wishes = [OfferWish(template=templates[code], price=price) for code, price in demo.offers]
        set_first_offers(actor=design.owner, design=design, offers=wishes)
        freeze_and_sign(actor=design.owner, design=design, password=DEMO_PASSWORD)
    for consent in Consent.objects.filter(
        publication__design=design,
        publication__state=Publication.State.ASKED,
        state=Consent.State.ASKED,
        position__gt=0,
    ).select_related("publication", "account"):
        accept(actor=consent.account, publication=consent.publication, password=DEMO_PASSWORD)


def _drafted(design: Design) -> bool:
    progress = progress_of(design.versions.latest("number"))
    if progress.failed is not None:
        raise RuntimeError(f"{design.title}: {progress.failed.message}")
    return progress.done


def _on_sale(design: Design) -> bool:
    design.refresh_from_db()
    return bool(design.entry_id and offers_of(chain_id=design.chain_id or 0, entry_id=design.entry_id))


def _ensure_bought(buyer: User, design: Design) -> None:
    wanted = offers_of(chain_id=design.chain_id or 0, entry_id=design.entry_id or "")[0]
    order = place_order(
        buyer=buyer,
        design=design,
        wanted=wanted,
        price_seen=wanted.offer.price,
        checkout_key=uuid.uuid5(ORDER_KEYS, str(design.public_id)),
    )
    if order.state == Order.State.PLACED and order.payment is not None:
        headers, body = TestPaymentProvider().decide(order.payment, pays=True)
        receive_webhook(provider_name=order.payment.provider, headers=headers, body=body)


def _wait(done: Callable[[], bool], *, timeout: float, what: str) -> None:
    until = time.monotonic() + timeout
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(f"Waited {timeout:.0f} s for {what}. Look at the workers' logs in var/log.")
        time.sleep(0.5)


def accounts_text() -> str:
    """The demo accounts, for the end of a start."""
    rows = [f"  {person.email:<32} {person.display_name}" for person in (*demo_people, MODERATOR)]
    return "\n".join([f"Demo accounts, password {DEMO_PASSWORD}:", *rows])
