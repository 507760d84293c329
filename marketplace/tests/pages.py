"""Fetching pages as one person, and reading them."""

import re

from django.test import Client

from accounts.models import User

# Data that an island reads is no script.
STYLE_OR_SCRIPT = re.compile(
    r"<style|<script(?![^>]*(?:\bsrc=|\btype=.application/json))|\son[a-z]+=|\sstyle=", re.IGNORECASE
)


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(user: User | None, address: str) -> str:
    """The page's HTML, which must be whole and free of inline style and script."""
    response = signed_in(user).get(address)
    assert response.status_code == 200, (address, response.status_code)
    html = response.content.decode()
    found = STYLE_OR_SCRIPT.search(html)
    assert found is None, (address, html[max(0, found.start() - 80) : found.end() + 80])
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), (address, sorted(i for i in set(ids) if ids.count(i) > 1))
    return html


def text(html: str) -> str:
    """What is read, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
