"""Posting the creator's forms as a browser does, and reading what comes back."""

import html
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from marketplace.tests.pages import signed_in, text

TYPED = {
    "title": "Kept title",
    "description": "Kept description",
    "tags": "kept, tags",
    "disclosure": "ai_assisted",
    "model_name": "kept-model",
    "model_version": "4.5",
    "parameters": '{"kept": 1.5}',
    "prompt": "a kept prompt",
    "seed": "kept-seed",
}


def parts_of(*rows: tuple[str, str, str]) -> dict[str, str]:
    """The people of a draft as their form posts them: e-mail, role, percent."""
    posted = {"parts-TOTAL_FORMS": str(len(rows)), "parts-INITIAL_FORMS": "1"}
    for number, row in enumerate(rows):
        for name, value in zip(("email", "role", "percent"), row, strict=True):
            posted[f"parts-{number}-{name}"] = value
    return posted


def upload(user: User, content: bytes, name: str, *, parts: dict[str, str] | None = None, **changes: Any) -> Any:
    """Post the upload form, as whoever fills in everything does."""
    everything = {**TYPED, **(parts or parts_of((user.email, "designer", "100"))), **changes}
    return signed_in(user).post("/studio/upload/", {**everything, "master": SimpleUploadedFile(name, content)})


def read(answer: Any) -> str:
    """What a person reads in an answer."""
    return text(html.unescape(answer.content.decode()))


def assert_still_typed(answer: Any, *values: str) -> None:
    """Every one of these values stands in the form again."""
    page = html.unescape(answer.content.decode())
    for value in values:
        assert f'value="{value}"' in page or f">\n{value}</textarea>" in page, value
