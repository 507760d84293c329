"""A preview is its bytes or a plain refusal, never something else."""

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from designs.models import Design, Preview
from designs.storage import preview_store

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
    return reverse("designs:preview", args=[preview.version.design.public_id, preview.pk, "cover.webp"])


def test_it_is_given_whole(preview: Preview) -> None:
    answer = Client().get(address(preview))
    assert b"".join(answer.streaming_content) == CONTENT


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
