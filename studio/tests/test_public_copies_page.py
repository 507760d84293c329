"""The creator's page of public copies: what it says before the choice, while it is made, and after."""

from typing import Any

import pytest
from django.urls import reverse

from designs.models import Design, DesignVersion, PublicCopy
from designs.services.copying import work_on_copy
from designs.tests.kubo_double import running_kubo
from designs.tests.published import published
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from studio.tests.pages import read

pytestmark = pytest.mark.django_db

State = PublicCopy.State
FOR_EVER = "If the key leaks, this version is open to everyone, for ever."


@pytest.fixture
def node(settings):
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        yield node


@pytest.fixture
def version(creator, settings, node) -> DesignVersion:
    settings.STORE_KEYS = {"first": "11" * 32}
    return published(creator, b"a lantern\n" * 1000)


def address(version: DesignVersion, name: str = "copies", *more: Any) -> str:
    return reverse(f"studio:{name}", args=[version.design.public_id, *more])


def test_the_page_is_for_the_owner_alone(version, creator, cocreator, stranger, moderator):
    page(creator, address(version))
    copy = PublicCopy.objects.create(version=version, place="ipfs", state=State.FAILED)
    for person in (cocreator, stranger, moderator):
        client = signed_in(person)
        assert client.get(address(version)).status_code == 404
        assert client.get(address(version, "copies_status")).status_code == 404
        assert client.post(address(version), {"place": "ipfs", "understood": "on"}).status_code == 404
        assert client.post(address(version, "copy_retry", copy.pk)).status_code == 404
        assert client.post(address(version, "copy_remove", copy.pk)).status_code == 404
    assert signed_in(None).get(address(version)).status_code == 302
    copy.refresh_from_db()
    assert copy.state == State.FAILED


def test_a_copy_of_another_design_is_not_reached_through_ones_own(version, creator, stranger):
    other = published(stranger, b"other", title="Other", block=21)
    copy = PublicCopy.objects.create(version=other, place="ipfs", state=State.FAILED)
    assert signed_in(creator).post(address(version, "copy_retry", copy.pk)).status_code == 404


def test_a_choice_is_made_with_what_it_means_in_sight(version, creator):
    said = text(page(creator, address(version)))
    assert FOR_EVER in said
    assert "You can have the copy removed from our node later." in said

    refused = signed_in(creator).post(address(version), {"place": "ipfs"})
    assert refused.status_code == 400
    assert "Confirm that you have read what a public copy means." in read(refused)
    assert not PublicCopy.objects.exists()

    made = signed_in(creator).post(address(version), {"place": "ipfs", "understood": "on"}, follow=True)
    assert made.redirect_chain == [(address(version), 302)]
    assert "The copy is being made. You can close this page." in read(made)
    copy = PublicCopy.objects.get()
    assert copy.chosen_by == creator
    waiting = page(creator, address(version))
    assert "every 2s" in waiting
    assert FOR_EVER not in waiting


def test_the_rows_show_progress_the_end_and_the_removal(version, creator, node):
    signed_in(creator).post(address(version), {"place": "ipfs", "understood": "on"})
    copy = PublicCopy.objects.get()
    PublicCopy.objects.update(state=State.SENDING, percent=40)
    moving = signed_in(creator).get(address(version, "copies_status"), {"seen": "ipfs:waiting"})
    assert 'value="40"' in moving.content.decode()
    assert "HX-Refresh" not in moving

    PublicCopy.objects.update(state=State.WAITING, percent=0)
    work_on_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    ended = signed_in(creator).get(address(version, "copies_status"), {"seen": "ipfs:sending"})
    assert ended["HX-Refresh"] == "true"
    assert "HX-Refresh" not in signed_in(creator).get(address(version, "copies_status"), {"seen": "ipfs:standing"})
    standing = page(creator, address(version))
    assert copy.cid in standing
    assert copy.sha256 in standing
    assert "hx-get" not in standing
    design_page = page(None, version.design.get_absolute_url())
    assert "Encrypted copy on IPFS" in design_page
    assert copy.cid in design_page

    gone = signed_in(creator).post(address(version, "copy_remove", copy.pk), follow=True)
    assert "Whoever has fetched it before still has it." in read(gone)
    work_on_copy(copy_id=copy.pk)
    assert FOR_EVER in page(creator, address(version))
    assert copy.cid not in page(None, version.design.get_absolute_url())


def test_a_failure_says_why_and_is_tried_again_or_given_up(version, creator, node):
    node.instead["add"] = (500, b'{"Message":"disk full","Code":0,"Type":"error"}')
    signed_in(creator).post(address(version), {"place": "ipfs", "understood": "on"})
    copy = PublicCopy.objects.get()
    work_on_copy(copy_id=copy.pk)
    said = text(page(creator, address(version)))
    assert "The copy was not made The public store refused it." in said
    assert "disk full" not in said
    signed_in(creator).post(address(version, "copy_retry", copy.pk))
    copy.refresh_from_db()
    assert copy.state == State.WAITING
    signed_in(creator).post(address(version, "copy_remove", copy.pk))
    copy.refresh_from_db()
    assert copy.state == State.LEAVING


def test_before_publication_there_is_no_way_to_it(creator, settings, node):
    settings.STORE_KEYS = {"first": "11" * 32}
    rows.chain_read_to(100)
    draft = rows.draft(creator, "Unseen").versions.get()
    assert address(draft) not in page(creator, reverse("studio:design", args=[draft.design.public_id]))
    said = page(creator, address(draft))
    assert "A public copy can be made once the design is published" in said
    assert "Make the copy" not in said
    posted = signed_in(creator).post(address(draft), {"place": "ipfs", "understood": "on"})
    assert posted.status_code == 400
    assert not PublicCopy.objects.exists()


def test_without_a_store_the_page_says_so_and_the_studio_links_it_after_publication(version, creator, settings):
    assert address(version) in page(creator, reverse("studio:design", args=[version.design.public_id]))
    settings.IPFS_API_URL = ""
    assert "No public store is set up here" in page(creator, address(version))
    assert Design.objects.count() == 1
