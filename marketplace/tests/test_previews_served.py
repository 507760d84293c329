"""A preview is its bytes or a plain refusal, never something else."""

import io
from typing import Any

import pytest
from django.test import Client

from designs.models import Design, Preview
from designs.storage import preview_store
from designs.templatetags.designs import preview_url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]
CONTENT = b"a picture\n" * 100


@pytest.fixture
def preview(lantern: Design) -> Preview:
    blob = preview_store().put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    return Preview.objects.create(
        version=lantern.versions.get(),
        kind=Preview.Kind.IMAGE,
        sha256=blob.sha256,
        media_type="image/webp",
        width=640,
        height=480,
        size=blob.size,
    )


def address(preview: Preview) -> str:
    return preview_url(preview.version.design, preview)


def test_it_is_given_whole(preview: Preview) -> None:
    answer = Client().get(address(preview))
    assert b"".join(answer.streaming_content) == CONTENT


def test_an_address_is_of_its_bytes_for_ever_and_any_other_leads_to_it(preview: Preview) -> None:
    """As when a picture was signed: what caches keep of it is kept under the address that it had."""
    before = address(preview)
    assert before.endswith(f"/cover.{preview.sha256[:12]}.webp")
    assert Client().get(before)["Cache-Control"] == "public, max-age=31536000, immutable"

    signed = preview_store().put(io.BytesIO(CONTENT + b"signed"), max_bytes=len(CONTENT) + 6)
    Preview.objects.filter(pk=preview.pk).update(sha256=signed.sha256, size=signed.size)
    preview.refresh_from_db()

    page = Client().get(preview.version.design.get_absolute_url()).content.decode()
    assert address(preview) in page
    assert before not in page
    of_before_there_was_a_hash = before.replace(f".{before.split('.')[-2]}.", ".")
    for old in (before, of_before_there_was_a_hash):
        answer = Client().get(old)
        assert (answer.status_code, answer["Location"], answer["Cache-Control"]) == (302, address(preview), "no-store")
    answer = Client().get(address(preview))
    assert b"".join(answer.streaming_content) == CONTENT + b"signed"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_damaged_and_a_lost_one_are_not_found(preview: Preview) -> None:
    stored = preview_store().path(preview.sha256)
    stored.write_bytes(CONTENT[:-1] + b"!")
    assert Client().get(address(preview)).status_code == 404
    stored.unlink()
    assert Client().get(address(preview)).status_code == 404


def test_a_store_that_is_away_is_said(preview: Preview, settings: Any) -> None:
    settings.ASSET_STORE = "s3"
    settings.S3_BUCKET = "designs"
    settings.S3_ENDPOINT_URL, settings.S3_REGION = "http://127.0.0.1:9", "us-east-1"
    settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY = "key", "secret"
    answer = Client().get(address(preview))
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert answer.content.decode() == "The file store does not answer. Try again in a minute."
