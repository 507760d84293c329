"""A database of the contracts of before: its rows are still there, and mean the same, after the migrations."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from eth_utils.crypto import keccak

from designs.models import Attachment, DesignVersion, PreviewCredential, Rendition
from licensing.models import LicenseTemplate
from licensing.services.templates import SHIPPED, TERMS_DIR, ship_templates, terms_document

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("designs", "0001_initial"), ("licensing", "0001_initial"), ("royalties", "0001_initial")]
BEFORE_FILE_AT = [("designs", "0022_corners")]
BEFORE_SIGNING_AGAIN = [("designs", "0030_manifests_stated")]
CLAIMED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def before() -> Iterator[Any]:
    """The models as they were; the newest tables come back whatever happens."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    migrate_to_newest()


def migrate_to_newest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.fixture
def without_file_at() -> Iterator[Any]:
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE_FILE_AT)
    yield executor.loader.project_state(BEFORE_FILE_AT).apps
    migrate_to_newest()


@pytest.fixture
def with_opened_masters() -> Iterator[Any]:
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE_SIGNING_AGAIN)
    yield executor.loader.project_state(BEFORE_SIGNING_AGAIN).apps
    migrate_to_newest()


def old_template(apps: Any, shipped: Any) -> Any:
    text = (TERMS_DIR / f"{shipped.code}-{shipped.version}.md").read_text(encoding="utf-8")
    document = terms_document(code=shipped.code, version=shipped.version, rights=shipped.rights, text=text)
    names = ("code", "version", "title", "summary", "rights", "position")
    values = {name: getattr(shipped, name) for name in names}
    return apps.get_model("licensing", "LicenseTemplate").objects.create(
        **values, text=text, terms_hash="0x" + keccak(document).hex()
    )


def test_license_texts_keep_their_rows_under_their_new_hashes(before: Any) -> None:
    old = [old_template(before, shipped) for shipped in SHIPPED]

    migrate_to_newest()

    assert [one.pk for one in ship_templates()] == [one.pk for one in old]
    for template in old:
        now = LicenseTemplate.objects.get(pk=template.pk)
        assert now.text_hash == template.terms_hash
        assert now.terms_hash != template.terms_hash
        assert now.active


@pytest.mark.long
def test_a_claim_of_before_was_made_in_the_block_of_its_registration(before: Any) -> None:
    chain = {"chain_id": 31337}
    block = before.get_model("contracts", "ChainBlock").objects.create(
        **chain, number=5, hash="0x" + "1" * 64, parent_hash="0x" + "2" * 64, timestamp=CLAIMED, has_events=True
    )
    event = before.get_model("contracts", "ChainEvent").objects.create(
        **chain,
        block=block,
        contract="DesignRegistry",
        address="0x" + "3" * 40,
        name="EntryRegistered",
        transaction_hash="0x" + "4" * 64,
        transaction_index=0,
        log_index=0,
    )
    before.get_model("designs", "RegistryEntry").objects.create(
        **chain,
        event=event,
        entry_id="0x" + "5" * 32,
        creator="0x" + "6" * 40,
        output_hash="0x" + "7" * 64,
        kind=0,
        record_root="0x" + "8" * 64,
        claim_order=1,
        signers=["0x" + "6" * 40],
        custodial=[True],
    )

    migrate_to_newest()

    from designs.selectors import claims_of

    (claim,) = claims_of("0x" + "7" * 64)
    assert (claim.claimed_at, claim.claim_order) == (CLAIMED, 1)


def test_the_source_file_of_before_is_a_private_attachment(before: Any) -> None:
    user = before.get_model("accounts", "User").objects.create(email="old@example.org")
    asset = before.get_model("designs", "Asset").objects.create(sha256="ab" * 32, cid="bafy", size=7, media_type="x/y")
    design = before.get_model("designs", "Design").objects.create(
        owner=user, title="Old", kind="image", disclosure="not_ai"
    )
    versions = before.get_model("designs", "DesignVersion").objects
    old = versions.create(design=design, master=asset, file_name="a.png", source=asset, source_name="dir/make.py")
    versions.create(design=design, number=2, master=asset, file_name="b.png")

    migrate_to_newest()

    found = Attachment.objects.get()
    assert (found.version_id, found.asset_id, found.name) == (old.pk, asset.pk, "dir_make.py")
    assert (found.role, found.release) == ("source", "private")


def test_files_of_before_came_with_their_versions_and_turned_renditions_are_made_anew(without_file_at: Any) -> None:
    models = {name: without_file_at.get_model("designs", name).objects for name in ("Asset", "Design", "Rendition")}
    versions = without_file_at.get_model("designs", "DesignVersion").objects
    user = without_file_at.get_model("accounts", "User").objects.create(email="old@example.org")
    asset = models["Asset"].create(sha256="ab" * 32, cid="bafy", size=7, media_type="model/obj")
    said, unsaid = (
        versions.create(
            design=models["Design"].create(owner=user, title="Old", kind="mesh", disclosure="not_ai"),
            master=asset, file_name="a.obj", stated_up=up,
        )
        for up in ("z", "")
    )  # fmt: skip
    versions.update(created_at=CLAIMED)
    for version, form in ((said, "stl"), (said, "credentials"), (unsaid, "stl")):
        models["Rendition"].create(
            version=version, form=form, state="done", asset=asset, statement="signed", master_sha256="ab" * 32,
            chain_id=31337, registry="0x" + "1" * 40, entry_id="0x" + "2" * 32,
        )  # fmt: skip

    migrate_to_newest()

    assert set(DesignVersion.objects.values_list("file_at", flat=True)) == {CLAIMED}
    superseded = Rendition.objects.exclude(superseded_at=None)
    assert list(superseded.values_list("version_id", "form")) == [(said.pk, "stl")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_nullable, column_default IS NOT NULL FROM information_schema.columns "
            "WHERE table_name = 'designs_designversion' AND column_name = 'file_at'"
        )
        assert cursor.fetchall() == [("NO", True)]
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'file_at_always'")
        assert cursor.fetchone() == (0,)


def test_pictures_that_were_signed_with_the_master_of_an_image_opened_are_due_again(with_opened_masters: Any) -> None:
    def objects(name: str) -> Any:
        return with_opened_masters.get_model("designs", name).objects

    user = with_opened_masters.get_model("accounts", "User").objects.create(email="old@example.org")
    for number, media_type in enumerate(("image/png", "model/stl")):
        master = objects("Asset").create(sha256=f"{number:064}", cid="bafy", size=7, media_type=media_type)
        design = objects("Design").create(owner=user, title="Old", kind="image", disclosure="not_ai")
        version = objects("DesignVersion").create(design=design, master=master, file_name="a", file_at=CLAIMED)
        for width, state in enumerate(("done", "running"), start=4):
            preview = objects("Preview").create(
                version=version, kind="image", sha256="ab" * 32, media_type="image/webp", size=7, width=width, height=3
            )
            objects("PreviewCredential").create(preview=preview, state=state, attempts=1, certificate="cd" * 32)

    migrate_to_newest()

    rows = PreviewCredential.objects.order_by("id").values_list("state", "certificate")
    assert list(rows) == [("done", ""), ("running", ""), ("done", "cd" * 32), ("running", "cd" * 32)]
