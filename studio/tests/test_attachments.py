"""The further files of a draft: added, named, given a role, released, removed; and frozen with the record."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.testing import PASSWORD
from designs.errors import DesignError
from designs.models import Attachment, Design, ProvenanceRecord
from designs.services.attachments import NewAttachment
from designs.services.received import ReceivedFile
from designs.services.upload import Part
from designs.storage import master_store
from marketplace.tests.pages import signed_in
from marketplace.tests.support import draft_of, published, with_offer
from studio.models import Publication
from studio.services.attachments import add_attachment, change_attachment, remove_attachment
from studio.services.publishing import freeze_and_sign
from studio.tests.pages import read, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

WORKFLOW = b'{"nodes": []}'


@pytest.fixture
def draft(creator: User, png: bytes) -> Design:
    return with_offer(draft_of(creator, png))


def address(name: str, design: Design, *more: Any) -> str:
    return reverse(f"studio:{name}", args=[design.public_id, *more])


def add(user: User | None, design: Design, content: bytes = WORKFLOW, name: str = "flow.json", **said: str) -> Any:
    said = {"role": "workflow", "release": "private", **said}
    return signed_in(user).post(address("attach", design), {**said, "file": SimpleUploadedFile(name, content)})


def files_of(design: Design) -> list[tuple[str, str, str, int]]:
    return list(Attachment.objects.filter(version__design=design).values_list("name", "role", "release", "asset__size"))


def test_a_file_is_added_and_stands_on_the_draft_with_its_hash(draft: Design, creator: User) -> None:
    answer = add(creator, draft)
    assert (answer.status_code, answer["Location"]) == (302, address("attachments", draft))

    assert files_of(draft) == [("flow.json", "workflow", "private", len(WORKFLOW))]
    kept = Attachment.objects.get().asset
    with master_store().open(kept.sha256) as stream:
        assert stream.read() == WORKFLOW
    assert kept.cid.startswith("b")
    page = read(signed_in(creator).get(address("attachments", draft)))
    assert kept.sha256 in page
    assert "flow.json workflow" in read(signed_in(creator).get(address("design", draft)))


def test_it_is_renamed_released_and_removed(draft: Design, creator: User) -> None:
    add(creator, draft)
    file = Attachment.objects.get()
    said = {"name": "graph.json", "role": "source", "release": "with_license"}
    posted = {f"{file.public_id}-{key}": value for key, value in said.items()}
    assert signed_in(creator).post(address("attachment_change", draft, file.public_id), posted).status_code == 302
    assert files_of(draft) == [("graph.json", "source", "with_license", len(WORKFLOW))]

    assert signed_in(creator).post(address("attachment_remove", draft, file.public_id)).status_code == 302
    assert files_of(draft) == []
    # The bytes may be another's.
    assert master_store().exists(file.asset.sha256)


@pytest.mark.parametrize(
    ("content", "name", "said", "sentence"),
    [
        (b"", "flow.json", {}, "The file is empty. Save it again and choose the new file."),
        (b"x" * 101, "flow.json", {}, "The file has 101 bytes; the limit is 100 bytes."),
        (b"x" * 61, "flow.json", {}, "All files together can have 100 bytes."),
        (b"x", "NOTES.md", {}, "There is a file named “NOTES.md” already. Give one of them another name."),
        (b"n" * 40, "more.md", {}, "This very file is there already, as “notes.md”."),
        (b"x", "...", {}, "The file needs a name of letters or digits."),
        (b"x", "flow.json", {"role": "virus"}, "Select a valid choice."),
        (b"x", "flow.json", {"release": "everybody"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_added_is_said_and_nothing_changes(
    draft: Design, creator: User, settings: Any, content: bytes, name: str, said: dict[str, str], sentence: str
) -> None:
    settings.ATTACHMENT_MAX_BYTES = settings.ATTACHMENTS_MAX_BYTES = 100
    add(creator, draft, b"n" * 40, "notes.md", role="documentation")
    before = files_of(draft)

    answer = add(creator, draft, content, name, **said)

    assert answer.status_code == 400
    assert sentence in read(answer)
    assert files_of(draft) == before


def test_no_more_than_a_record_has_room_for(draft: Design, creator: User, settings: Any) -> None:
    settings.ATTACHMENTS_AT_MOST = 99
    for number in range(12):
        assert add(creator, draft, b"%d" % number, f"{number}.txt").status_code == 302
    stored = set(master_store().names())

    answer = add(creator, draft, b"one more", "13.txt")

    assert answer.status_code == 400
    assert "There is room for 12 files." in read(answer)
    assert len(files_of(draft)) == 12
    assert set(master_store().names()) == stored
    # Past the form, as when two are sent at once.
    with pytest.raises(DesignError) as error:
        add_attachment(actor=creator, design=draft, new=NewAttachment(ReceivedFile(io.BytesIO(b"13"), "13.txt")))
    assert error.value.code == "too_many_files"


def test_a_name_is_made_safe(draft: Design, creator: User) -> None:
    new = NewAttachment(ReceivedFile(io.BytesIO(b"x"), "C:\\up\\..\\<i>\u202egpj.exe"))
    assert add_attachment(actor=creator, design=draft, new=new).name == "_i_gpj.exe"


def test_a_change_takes_back_an_open_request(creator: User, cocreator: User, png: bytes) -> None:
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    draft = with_offer(draft_of(creator, png, parts=parts))
    frozen = freeze_and_sign(actor=creator, work=draft, password=PASSWORD)
    assert frozen.state == Publication.State.ASKED

    add(creator, draft)

    frozen.refresh_from_db()
    assert frozen.state == Publication.State.DROPPED
    assert len(files_of(draft)) == 1


def test_files_stand_in_the_record_and_are_frozen(creator: User, png: bytes) -> None:
    files = [
        NewAttachment(ReceivedFile(io.BytesIO(WORKFLOW), "flow.json"), "workflow", "with_license"),
        NewAttachment(ReceivedFile(io.BytesIO(b"print(1)"), "make.py"), "source", "private"),
    ]
    design = published(creator, png, attachments=files)
    record = ProvenanceRecord.objects.get(version__design=design)
    first, second = design.versions.get().attachments.select_related("asset")
    assert record.schema == 4
    assert record.fields["attachments.1"] == {
        "name": "flow.json",
        "role": "workflow",
        "sha256": "0x" + first.asset.sha256,
        "size": len(WORKFLOW),
        "release": "with_license",
    }
    assert record.fields["attachments.2"]["name"] == "make.py"
    assert record.fields["attachments.3"] is None

    before = files_of(design)
    assert add(creator, design, b"late", "late.txt").status_code == 400
    for refused in (
        lambda: remove_attachment(actor=creator, design=design, public_id=first.public_id),
        lambda: change_attachment(
            actor=creator, design=design, public_id=second.public_id, name="x", role="other", release="with_license"
        ),
    ):
        with pytest.raises(DesignError) as error:
            refused()
        assert error.value.code == "not_a_draft"
    assert files_of(design) == before
    page = read(signed_in(creator).get(address("attachments", design)))
    assert "This design cannot be changed any more" in page
    assert "Add a file" not in page


def test_the_page_asks_as_much_for_many_files_as_for_one(
    draft: Design, creator: User, django_assert_num_queries: Any
) -> None:
    add(creator, draft)
    client = signed_in(creator)
    client.get(address("attachments", draft))
    with CaptureQueriesContext(connection) as one:
        client.get(address("attachments", draft))
    asked = len(one)
    for number in range(6):
        add(creator, draft, b"%d" % number, f"{number}.txt")
    client.get(address("attachments", draft))
    with django_assert_num_queries(asked):
        client.get(address("attachments", draft))


def test_the_source_of_an_upload_is_a_private_file_of_it(creator: User, png: bytes) -> None:
    upload(creator, png, "lamp.png", source=SimpleUploadedFile("lamp.py", b"print()"))
    assert files_of(Design.objects.get()) == [("lamp.py", "source", "private", 7)]


def test_what_was_a_file_of_any_kind_has_its_type_once_it_is_a_master(creator: User, draft: Design, png: bytes) -> None:
    other = png + b"\x00"
    add(creator, draft, other, "picture.png", role="textures")
    assert Attachment.objects.get().asset.media_type == "application/octet-stream"
    design = draft_of(creator, other)
    assert design.versions.get().master.media_type == "image/png"
