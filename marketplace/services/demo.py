"""Demo content for a local start: accounts, designs by the programs in designs.programs, and sales.

Every step looks first whether it was done, so that an interrupted run continues where it stopped.
"""

import hashlib
import io
import json
import multiprocessing
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from accounts.models import User
from accounts.services import open_account
from designs.models import Attachment, Design, RegistryEntry
from designs.programs import PROGRAMS
from designs.programs.base import source_path
from designs.programs.demo import DemoDesign, DemoPerson, demo_designs, demo_people, write_master
from designs.selectors import progress_of
from designs.services.attachments import NewAttachment
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from licensing.models import LicenseTemplate
from licensing.selectors import OfferOnShow, offers_of
from marketplace.models import Order
from marketplace.services.checkout import place_order
from marketplace.services.demo_reports import file_reports
from marketplace.services.demo_wallets import fund_demo_wallets
from payments.providers.test_provider import TestPaymentProvider
from payments.services import receive_webhook
from studio.models import Consent, Publication
from studio.services.drafts import OfferWish, set_first_offers
from studio.services.lineage import set_derivative_terms, set_parents
from studio.services.publishing import accept, freeze_and_sign

DEMO_PASSWORD = "loomprint-demo"  # noqa: S105 (printed at every local start)
MODERATOR = DemoPerson("moderator", "Moderator", "moderator@loomprint.example", False)
# The demo's own keys for its orders: the same license is bought once, however often the demo is seeded.
ORDER_KEYS = uuid.UUID("5f6d7c9e-6b1c-4c52-9a55-6f2f1d1c0a11")
# While workers render the cover of one design, the next one is made; not more, or the first would wait for both.
MAKERS = 1
CLOSED = (Design.State.REJECTED, Design.State.WITHDRAWN, Design.State.TAKEN_DOWN)

Say = Callable[[str], None]


def seed(*, say: Say, designs: Sequence[DemoDesign] = demo_designs, timeout: float = 1800) -> None:
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
    until = time.monotonic() + timeout
    underway: list[DemoDesign] = []
    with _masters(designs, people) as masters:
        for number, demo in enumerate(designs, start=1):
            master = masters.get(demo.title)
            while master is not None and not master.done():
                underway = [other for other in underway if not _advance(other, people)]
                _rest(until, what=f"“{demo.title}” to be made")
            if master is not None:
                master.result()
            say(f"design {number} of {len(designs)}: {demo.title}")
            _ensure_draft(demo, people)
            underway.append(demo)
    while underway:
        underway = [demo for demo in underway if not _advance(demo, people)]
        if underway:
            _rest(until, what=f"“{underway[0].title}” to be published and sold")
    file_reports(people, moderator=people[MODERATOR.key], among=[demo.title for demo in designs])
    say("the demo is complete")


@contextmanager
def _masters(designs: Sequence[DemoDesign], people: dict[str, User]) -> Iterator[dict[str, "Future[None]"]]:
    """Masters that have to be made still, by title, made in the order of the demo by a process of their own."""
    missing = [demo for demo in designs if _existing(demo, people) is None and not _master_path(demo).is_file()]
    if not missing:
        yield {}
        return
    # Spawned: a fork would share this process's connections.
    makers = ProcessPoolExecutor(MAKERS, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield {demo.title: makers.submit(write_master, demo, _master_path(demo)) for demo in missing}
    finally:
        makers.shutdown(wait=True, cancel_futures=True)


def _master_path(demo: DemoDesign) -> Path:
    """Where the program's output is kept: under a name made of everything that shapes it."""
    stated = json.dumps(demo.provenance(), sort_keys=True)
    return Path(settings.LOOMPRINT_VAR) / "demo" / f"{hashlib.sha256(stated.encode()).hexdigest()}.bin"


def _existing(demo: DemoDesign, people: dict[str, User]) -> Design | None:
    return Design.objects.filter(owner=people[demo.creator_key], title=demo.title).first()


def _ensure_draft(demo: DemoDesign, people: dict[str, User]) -> Design:
    existing = _existing(demo, people)
    if existing is not None:
        return existing
    owner = people[demo.creator_key]
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
        master=ReceivedFile(io.BytesIO(_master_path(demo).read_bytes()), demo.filename),
        attachments=[
            NewAttachment(
                ReceivedFile(io.BytesIO(source.read_bytes()), source.name), release=Attachment.Release.WITH_LICENSE
            )
        ],
        parts=[Part(owner, demo.creator_role, demo.creator_units), *others],
    )


def _advance(demo: DemoDesign, people: dict[str, User]) -> bool:
    """Take the next step that workers and chain permit; True when there is none left."""
    design = Design.objects.get(owner=people[demo.creator_key], title=demo.title)
    if design.state in CLOSED or _told(demo, design, people):
        return True
    if not _processed(design):
        return False
    if design.state == Design.State.DRAFT and not design.publications.filter(state="asked").exists():
        parents = [Design.objects.get(owner__in=people.values(), title=title) for title in demo.parents]
        if not all(_offers(parent) for parent in parents):
            return False
        _publish(demo, design, parents)
    _accept_all(design)
    design.refresh_from_db()
    on_show = _offers(design)
    if not on_show:
        return False
    for buyer, code in demo.sales:
        for wanted in (offer for offer in on_show if offer.template.code == code):
            _ensure_bought(people[buyer], design, wanted)
    return True


def _told(demo: DemoDesign, design: Design, people: dict[str, User]) -> bool:
    """Whether it was published and sold as told, whatever its creator or a moderator made of it since."""
    keys = [_order_key(design, people[buyer], code) for buyer, code in demo.sales]
    entry = RegistryEntry.objects.filter(chain_id=design.chain_id or 0, entry_id=design.entry_id or "")
    return entry.exists() and Order.objects.filter(checkout_key__in=keys).count() == len(keys)


def _processed(design: Design) -> bool:
    progress = progress_of(design.versions.latest("number"))
    if progress.failed is not None:
        raise RuntimeError(f"{design.title}: {progress.failed.message}")
    return progress.done


def _offers(design: Design) -> list[OfferOnShow]:
    if not design.entry_id:
        return []
    return list(offers_of(chain_id=design.chain_id or 0, entry_id=design.entry_id))


def _publish(demo: DemoDesign, design: Design, parents: list[Design]) -> None:
    templates = {t.code: t for t in LicenseTemplate.objects.filter(active=True)}
    wishes = [OfferWish(template=templates[code], price=price) for code, price in demo.offers]
    set_first_offers(actor=design.owner, design=design, offers=wishes)
    if parents:
        set_parents(actor=design.owner, design=design, parents=parents)
    if demo.derived_ppm is not None:
        set_derivative_terms(actor=design.owner, design=design, open=True, ppm=demo.derived_ppm)
    freeze_and_sign(actor=design.owner, work=design, password=DEMO_PASSWORD)


def _accept_all(design: Design) -> None:
    for consent in Consent.objects.filter(
        publication__design=design,
        publication__state=Publication.State.ASKED,
        state=Consent.State.ASKED,
        position__gt=0,
    ).select_related("publication", "account"):
        accept(actor=consent.account, publication=consent.publication, password=DEMO_PASSWORD)


def _order_key(design: Design, buyer: User, code: str) -> uuid.UUID:
    return uuid.uuid5(ORDER_KEYS, f"{design.public_id} {buyer.public_id} {code}")


def _ensure_bought(buyer: User, design: Design, wanted: OfferOnShow) -> None:
    order = place_order(
        buyer=buyer,
        design=design,
        wanted=wanted,
        price_seen=wanted.offer.price,
        checkout_key=_order_key(design, buyer, wanted.template.code),
    )
    if order.state == Order.State.PLACED and order.payment is not None:
        headers, body = TestPaymentProvider().decide(order.payment, pays=True)
        receive_webhook(provider_name=order.payment.provider, headers=headers, body=body)


def _rest(until: float, *, what: str) -> None:
    if time.monotonic() > until:
        raise TimeoutError(f"Waited long for {what}. Look at the workers' logs in var/log.")
    time.sleep(0.5)


def accounts_text() -> str:
    """The demo accounts, for the end of a start."""
    everyone = (*demo_people, MODERATOR)
    widest = max(len(person.email) for person in everyone)
    rows = [f"  {person.email:<{widest}}  {person.display_name}" for person in everyone]
    return "\n".join([f"Demo accounts, password {DEMO_PASSWORD}:", *rows])
