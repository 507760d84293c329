"""Pictures of published designs are signed: each once, again when the certificate changes, and as fast as may be."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from designs.credentials import WEB_LIMITS, configured_certificate, read_credentials
from designs.credentials.local_authority import make_local_authority
from designs.credentials_teller import tell
from designs.models import Design, DesignVersion, Preview, PreviewCredential
from designs.sandbox import measuring
from designs.services import preview_credentials
from designs.services.preview_credentials import sign_published_pictures
from designs.storage import preview_store
from designs.tasks import sign_pictures
from designs.tests.samples import image_bytes
from designs.tests.test_credentials import authority, certificate, piece
from marketplace.tests import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]
__all__ = ["authority", "certificate", "piece"]


def kept_picture(version: DesignVersion, content: bytes, media_type: str, *, kind: str = "image") -> Preview:
    """A picture among a version's previews; its row says 960 by 720 pixels."""
    blob = preview_store().put(io.BytesIO(content), max_bytes=len(content))
    return Preview.objects.create(
        version=version, kind=kind, sha256=blob.sha256, media_type=media_type, width=960, height=720, size=blob.size
    )


def test_every_picture_of_what_is_published_is_signed_once(
    piece: Any, png: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = piece(png, "a.png", "png", "image/png")
    hidden = rows.draft(version.design.owner, "Not published")
    small = Preview.objects.get(version=version)
    large = kept_picture(version, rows.cover_bytes((960, 720)), "image/jpeg")
    modern = kept_picture(version, image_bytes("AVIF", size=(960, 720)), "image/avif")
    clay = kept_picture(version, image_bytes("WEBP", size=(640, 480)), "image/webp", kind="clay")
    # Of a few hundred bytes, in the page itself; and the picture from which the others are made, which no page shows.
    blur = kept_picture(version, image_bytes("WEBP", size=(24, 18)), "image/webp", kind="blur")
    source = kept_picture(version, image_bytes("PNG", size=(960, 720)), "image/png", kind="cover")
    before = dict(Preview.objects.values_list("pk", "size"))

    assert sign_published_pictures() == 4
    assert sign_published_pictures() == 0

    signed = {row.preview_id for row in PreviewCredential.objects.all()}
    assert signed == {small.pk, large.pk, modern.pk, clay.pk}
    for preview in Preview.objects.filter(pk__in=signed):
        path = preview_store().path(preview.sha256)
        found = read_credentials(path, preview.media_type, tmp_path)
        assert (found.state, found.failures, found.entry) == ("trusted", [], version.design.entry_id)
        assert [one.relationship for one in found.ingredients] == ["parentOf"]
        assert path.stat().st_size == preview.size
        with Image.open(path) as picture:
            picture.load()
        # A third of what the picture of a card has itself.
        assert 3_000 < preview.size - before[preview.pk] < 4_500
    # Whoever saved one and asks for it is told the same by page, API and command; a claim it is not.
    answer = Client().get(reverse("api_verify", args=[clay.sha256])).json()
    assert answer["content_credentials"] is None
    clay.refresh_from_db()
    answer = Client().get(reverse("api_verify", args=[clay.sha256])).json()
    assert (answer["verdict"], answer["content_credentials"]) == (
        "unknown",
        tell(preview_store().path(clay.sha256), None),
    )
    with measuring() as children:
        page = Client().get(reverse("verify:verdict", args=[clay.sha256])).content.decode()
    assert not children, "what was read is kept"
    assert "Content Credentials: trusted; the file is as Loomprint, a local start signed it" in page
    assert version.design.get_absolute_url() in page
    modern.refresh_from_db()
    # Nor does it keep threads of the web waiting for children.
    for name, none in (
        ("PICTURES_PER_MINUTE", 0),
        ("AT_ONCE", 0),
        ("WEB_LIMITS", replace(WEB_LIMITS, wall_seconds=0.001)),
    ):
        with monkeypatch.context() as busy:
            busy.setattr(f"designs.file_credentials.{name}", none)
            assert Client().get(reverse("api_verify", args=[modern.sha256])).json()["content_credentials"] is None
    assert Client().get(reverse("api_verify", args=[modern.sha256])).json()["content_credentials"]["state"] == "trusted"
    Design.objects.filter(pk=version.design_id).update(state="taken_down")
    assert Client().get(reverse("api_verify", args=[clay.sha256])).json()["content_credentials"] is None
    Design.objects.filter(pk=version.design_id).update(state=version.design.state)

    assert Preview.objects.get(version__design=hidden).size == before[small.pk]
    for unsigned in (blur, source):
        assert Preview.objects.get(pk=unsigned.pk).size == before[unsigned.pk]

    # Made anew, it is signed anew.
    Preview.objects.filter(pk__in=signed).delete()
    assert not PreviewCredential.objects.exists()


def test_what_another_certificate_signed_is_signed_again_in_batches(
    piece: Any, settings: Any, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    pictures = [image_bytes("PNG", size=(60 + more, 48)) for more in range(4)]
    versions = [piece(one, f"{at}.png", "png", "image/png") for at, one in enumerate(pictures[:3])]
    assert sign_published_pictures() == 3
    signed = dict(Preview.objects.values_list("pk", "sha256"))
    old = configured_certificate()
    sizes = dict(Preview.objects.values_list("pk", "size"))
    # A row of before there was the column, and one that the old certificate could not sign.
    unknown, failed, _other = PreviewCredential.objects.order_by("id")
    PreviewCredential.objects.filter(pk=unknown.pk).update(certificate="")
    PreviewCredential.objects.filter(pk=failed.pk).update(state="failed", attempts=3, error_code="crashed")

    settings.CREDENTIALS_DIR = tmp_path / "new"
    assert make_local_authority(settings.CREDENTIALS_DIR)
    new = configured_certificate()
    assert old is not None
    assert new is not None
    assert old.fingerprint != new.fingerprint
    path = preview_store().path(signed[unknown.preview_id])
    media_type = Preview.objects.get(pk=unknown.preview_id).media_type
    assert read_credentials(path, media_type, tmp_path).state == "valid"

    # New pictures come first; a batch is no larger for what is old.
    fresh = piece(pictures[3], "fresh.png", "png", "image/png")
    assert sign_published_pictures(limit=1) == 1
    assert PreviewCredential.objects.get(certificate=new.fingerprint).preview.version_id == fresh.pk
    assert [sign_published_pictures(limit=2) for _batch in range(3)] == [2, 1, 0]

    for version in [*versions, fresh]:
        row = PreviewCredential.objects.select_related("preview").get(preview__version=version)
        assert (row.state, row.attempts, row.certificate) == ("done", 1, new.fingerprint)
        found = read_credentials(preview_store().path(row.preview.sha256), media_type, tmp_path)
        assert (found.state, found.entry) == ("trusted", version.design.entry_id)
        assert [one.relationship for one in found.ingredients] == ["parentOf"]
        # The new manifest stands in the place of the old one, not beside it.
        assert abs(row.preview.size - sizes.get(row.preview_id, row.preview.size)) < 200
    with django_assert_max_num_queries(7):
        assert sign_published_pictures() == 0


def test_signing_goes_on_until_nothing_is_due_or_its_time_is_over(
    piece: Any, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_credentials, "AT_ONCE", 2)
    for number in range(7):
        piece(image_bytes("PNG", size=(60 + number, 48)), f"{number}.png", "png", "image/png")
    with monkeypatch.context() as short:
        short.setattr(preview_credentials, "LASTS_SECONDS", 0)
        sign_pictures()
    assert PreviewCredential.objects.filter(state="done").count() == 2
    # What fails is not tried three times in a row. All of them have the same bytes.
    path = preview_store().path(Preview.objects.filter(credential=None)[0].sha256)
    content = path.read_bytes()
    path.unlink()
    sign_pictures()
    assert (
        list(PreviewCredential.objects.exclude(state="done").values_list("state", "attempts")) == [("waiting", 1)] * 2
    )
    preview_store().put(io.BytesIO(content), max_bytes=len(content))
    sign_pictures()
    assert PreviewCredential.objects.filter(state="done").count() == 7


def test_signing_again_goes_on_where_it_was_when_a_worker_is_lost(
    piece: Any, png: bytes, settings: Any, tmp_path: Path
) -> None:
    piece(png, "a.png", "png", "image/png")
    assert sign_published_pictures() == 1
    settings.CREDENTIALS_DIR = tmp_path
    assert make_local_authority(tmp_path)
    new = configured_certificate()
    assert new is not None
    # Claimed by the new certificate, and then the worker died: the picture is still the old one.
    PreviewCredential.objects.update(
        state="running", certificate=new.fingerprint, beat_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert sign_published_pictures() == 1
    preview = Preview.objects.get()
    assert read_credentials(preview_store().path(preview.sha256), preview.media_type, tmp_path).state == "trusted"


def test_a_picture_that_is_away_is_tried_three_times(piece: Any, png: bytes) -> None:
    version = piece(png, "a.png", "png", "image/png")
    preview_store().path(version.previews.get().sha256).unlink()
    for state in ("waiting", "waiting", "failed"):
        assert sign_published_pictures() == 0
        row = PreviewCredential.objects.get()
        assert (row.state, row.error_code) == (state, "blob_missing")
    PreviewCredential.objects.update(state="running", attempts=1, beat_at=datetime(2026, 1, 1, tzinfo=UTC))
    sign_published_pictures()
    assert PreviewCredential.objects.get().attempts == 2
