"""Content Credentials beside a file: page and API say of its hash what the command says of the file."""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from c2pa import C2paBuilderIntent
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.locks import Lock, _number
from contracts.testing import database_url
from designs import file_credentials
from designs.credentials import WEB_LIMITS, Certificate, configured_certificate, sign_file, signing_certificate
from designs.credentials import read as reading
from designs.credentials.local_authority import make_local_authority
from designs.credentials_teller import tell
from designs.sandbox import ChildFailed
from designs.tests.manifests import signed_elsewhere
from designs.tests.samples import binary_stl, glb_bytes, image_bytes
from designs.tests.test_file_credentials import MANIFEST
from designs.untrusted.credentials_reading import state_by_hash
from marketplace.tests import rows
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

THIS = hashlib.sha256(b"this file").digest()
OF_THIS, OF_OTHER = (base64.b64encode(one).decode() for one in (THIS, bytes(32)))
Told = tuple[dict[str, Any], str]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    make_local_authority(folder)
    return folder


@pytest.fixture(autouse=True)
def certificate(settings: Any, authority: Path) -> Certificate:
    settings.CREDENTIALS_DIR = authority
    cache.clear()
    rows.chain_read_to(100)
    found = configured_certificate()
    assert found is not None
    return found


def sent(sha256: str, manifest: bytes | None, *, api: bool = False, part: str = "") -> Any:
    name = "api_verify_credentials" if api else "verify:beside"
    data = {} if manifest is None else {"credentials": SimpleUploadedFile("a.c2pa", manifest)}
    return Client().post(reverse(name, args=[sha256]) + part, data)


@pytest.fixture
def told(tmp_path: Path) -> Callable[[bytes, bytes], Told]:
    """What API and command say, which is the same, and the page that says it too."""

    def ask(content: bytes, manifest: bytes, *, by_command: bool = True) -> Told:
        sha256 = hashlib.sha256(content).hexdigest()
        answer = sent(sha256, manifest, api=True)
        assert answer.status_code == 200, answer.content
        (tmp_path / "asked").write_bytes(content)
        (tmp_path / "asked.c2pa").write_bytes(manifest)
        command = tell(tmp_path / "asked", tmp_path / "asked.c2pa")
        if by_command:
            assert _but_failures(answer.json()) == _but_failures(command)
            assert bool(answer.json()["failures"]) == bool(command["failures"])
        page = sent(sha256, manifest)
        assert page.status_code == 200
        assert answer.json()["sentence"] in read(page)
        assert f'data-credentials="{answer.json()["state"]}"' in page.content.decode()
        return answer.json(), read(page)

    return ask


def _but_failures(said: dict[str, Any]) -> dict[str, Any]:
    """Both name a hash that differs, and each in an order of its own."""
    return {name: value for name, value in said.items() if name != "failures"}


def beside(content: bytes, media_type: str, folder: Path, **more: Any) -> bytes:
    certificate = signing_certificate()
    assert certificate is not None
    (folder / "source").write_bytes(content)
    made = sign_file(folder / "source", media_type, MANIFEST, certificate, folder, beside=True, **more)
    return made.path.read_bytes()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(binary_stl(), "model/stl"), (glb_bytes(), "model/gltf-binary"), (image_bytes(), "image/png")],
    ids=["stl", "glb", "png"],
)
def test_what_holds_for_the_file_holds_for_its_hash_and_for_no_other(
    told: Any, settings: Any, tmp_path: Path, content: bytes, media_type: str
) -> None:
    manifest = beside(content, media_type, tmp_path)
    said, page = told(content, manifest)
    assert (said["state"], said["title"], said["failures"]) == ("trusted", "Copper Vase", [])
    assert said["sentence"].startswith("Content Credentials: trusted; the file is as Loomprint, a local start signed")
    assert "Copper Vase" in page

    said, page = told(content + b" ", manifest)
    assert (said["state"], said["failures"]) == ("invalid", ["assertion.dataHash.mismatch"])
    assert "Copper Vase" not in page

    settings.CREDENTIALS_DIR = tmp_path / "nobody"
    assert told(content, manifest)[0]["state"] == "valid"
    assert told(content + b" ", manifest)[0]["state"] == "invalid"


def test_a_manifest_that_was_changed_anywhere_is_told_as_the_command_tells_it(told: Any, tmp_path: Path) -> None:
    content = binary_stl()
    manifest = beside(content, "model/stl", tmp_path)
    states = []
    for place in range(60, manifest.index(bytes(200)), 97):
        cache.clear()
        changed = manifest[:place] + bytes([manifest[place] ^ 1]) + manifest[place + 1 :]
        states.append(told(content, changed)[0]["state"])
    # Some bytes are signed by nobody: salts, and what the library does not read.
    assert states.count("invalid") > 20 > 3 * states.count("trusted")


def test_what_is_no_manifest_is_told_as_the_command_tells_it(told: Any, tmp_path: Path) -> None:
    manifest = beside(binary_stl(), "model/stl", tmp_path)
    for other in (b"not a manifest", b"\x00" * 64, manifest[:200], binary_stl()):
        assert told(binary_stl(), other)[0]["state"] in ("invalid", "absent")


def test_parents_with_credentials_of_their_own_are_judged_alike(told: Any, settings: Any, tmp_path: Path) -> None:
    """One whose parent is as it was signed, and one whose parent was changed since."""
    certificate = signing_certificate()
    (tmp_path / "bare.png").write_bytes(image_bytes())
    assert certificate is not None
    parent = sign_file(tmp_path / "bare.png", "image/png", MANIFEST, certificate, tmp_path).path.read_bytes()
    place = parent.index(b"IDAT") + 6
    for number, ingredient in enumerate((parent, parent[:place] + bytes([parent[place] ^ 1]) + parent[place + 1 :])):
        path = tmp_path / f"{number}.png"
        path.write_bytes(ingredient)
        manifest = beside(binary_stl(), "model/stl", tmp_path, master=path, master_type="image/png")
        said, _page = told(binary_stl(), manifest)
        assert (said["state"], said["ingredients"][0]["relationship"]) == ("trusted", "parentOf")
    settings.CREDENTIALS_DIR = tmp_path / "nobody"
    assert told(binary_stl(), manifest)[0]["state"] == "valid"


def test_what_speaks_of_parts_of_a_file_is_not_judged_by_its_hash(told: Any, tmp_path: Path) -> None:
    """A manifest that was taken out of a picture leaves its own place in it out."""
    certificate = signing_certificate()
    assert certificate is not None
    (tmp_path / "source").write_bytes(image_bytes())
    content = sign_file(tmp_path / "source", "image/png", MANIFEST, certificate, tmp_path).path.read_bytes()
    place = content.index(b"caBX")
    manifest = content[place + 4 : place + 4 + int.from_bytes(content[place - 4 : place], "big")]
    said, page = told(content, manifest, by_command=False)
    assert said["state"] == "not_checked"
    assert said["sentence"].endswith("manage.py verify FILE --credentials FILE.")
    assert "Copper Vase" not in page
    assert tell(tmp_path / "asked", tmp_path / "asked.c2pa")["state"] == "trusted"


def updated(certificate: Certificate) -> tuple[bytes, bytes]:
    """A manifest that updates another one, and the picture with both in it."""
    _manifest, picture = signed_elsewhere(image_bytes(), "image/png", certificate)
    return signed_elsewhere(picture, "image/png", certificate, intent=C2paBuilderIntent.UPDATE)


@pytest.mark.parametrize("bound", ["by boxes", "through another"])
def test_what_is_bound_to_its_file_in_another_way_is_not_judged_by_its_hash(
    told: Any, tmp_path: Path, certificate: Certificate, bound: str
) -> None:
    """The library, asked without the file, says that it is another one; only with it is that known."""
    if bound == "by boxes":
        manifest, content = signed_elsewhere(image_bytes("AVIF"), "image/avif", certificate, embedded=False)
    else:
        manifest, content = updated(certificate)
    for file in (content, content + b"more"):
        said, page = told(file, manifest, by_command=False)
        assert (said["state"], said["failures"]) == ("not_checked", [])
        assert said["sentence"].endswith("manage.py verify FILE --credentials FILE.")
        assert "Copper Vase" not in page
    (tmp_path / "asked").write_bytes(content)
    assert tell(tmp_path / "asked", tmp_path / "asked.c2pa")["state"] == "trusted"

    # What is broken of itself is so with any file.
    place = manifest.rindex(b"Copper Vase")
    said, page = told(content, manifest[:place] + b"Silver" + manifest[place + 6 :])
    assert said["state"] == "invalid"
    assert "Silver Vase" not in page


@pytest.mark.parametrize(
    ("bindings", "claim", "failures", "state"),
    [
        ({"c2pa.hash.data": {"hash": OF_THIS}}, "sha256", [], "trusted"),
        ({"c2pa.hash.data": {"hash": OF_THIS, "alg": "sha256"}}, "sha512", [], "trusted"),
        # What the library says of a file that it does not have counts for nothing, either way.
        ({"c2pa.hash.data": {"hash": OF_THIS}}, "sha256", ["assertion.dataHash.mismatch"], "trusted"),
        ({"c2pa.hash.data": {"hash": OF_OTHER}}, "sha256", [], "invalid"),
        ({"c2pa.hash.data": {"hash": OF_THIS}}, "sha512", [], "not_checked"),
        ({"c2pa.hash.data": {"hash": OF_THIS}}, None, [], "not_checked"),
        ({"c2pa.hash.data": {"hash": OF_THIS, "exclusions": [{"start": 0, "length": 9}]}}, "sha256", [], "not_checked"),
        ({"c2pa.hash.data__1": {"hash": OF_THIS}}, "sha256", [], "not_checked"),
        ({"c2pa.hash.data": {"hash": OF_THIS}, "c2pa.hash.boxes": {}}, "sha256", [], "not_checked"),
        ({"c2pa.hash.boxes": {}}, "sha256", ["assertion.boxesHash.mismatch"], "not_checked"),
        ({}, "sha256", [], "not_checked"),
        ({}, "sha256", ["claim.hardBindings.missing"], "invalid"),
        ({"c2pa.hash.boxes": {}}, "sha256", ["assertion.hashedURI.mismatch"], "invalid"),
        ({"c2pa.hash.boxes": {}}, "sha256", ["signingCredential.untrusted"], "not_checked"),
    ],
)
def test_a_hash_decides_only_over_what_is_bound_by_it_alone(
    bindings: dict[str, Any], claim: str | None, failures: list[str], state: str
) -> None:
    codes = ["signingCredential.trusted", "claimSignature.validated"]
    active = {"claim": {"alg": claim} if claim else {}, "assertion_store": {"c2pa.actions.v2": {}, **bindings}}
    results = {"success": [{"code": code} for code in codes], "failure": [{"code": code} for code in failures]}
    store = {"active_manifest": "a", "manifests": {"a": active}, "validation_results": {"activeManifest": results}}
    said = state_by_hash(store, THIS.hex())
    assert said["state"] == state
    if bindings == {"c2pa.hash.data": {"hash": OF_OTHER}}:
        assert said["failures"] == ["assertion.dataHash.mismatch"]
    del results["success"][1]
    assert state_by_hash(store, THIS.hex())["state"] == "invalid"


def test_the_part_alone_is_for_the_page_that_hashes(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(binary_stl()).hexdigest()
    part = sent(sha256, beside(binary_stl(), "model/stl", tmp_path), part="?part=answer")
    assert part.content.decode().startswith("\n") or "<html" not in part.content.decode()
    assert 'data-credentials="trusted"' in part.content.decode()


def test_works_here_that_a_manifest_names_are_shown_with_it(creator: User, tmp_path: Path) -> None:
    design = rows.draft(creator, "Gyroid Lantern")
    rows.anchor(design, block=20)
    design.refresh_from_db()
    named = {"label": "example.loomprint.entry", "data": {"entry": design.entry_id}}
    certificate = signing_certificate()
    assert certificate is not None
    (tmp_path / "source").write_bytes(binary_stl())
    made = sign_file(tmp_path / "source", "model/stl", {**MANIFEST, "entry": named}, certificate, tmp_path)
    sha256 = hashlib.sha256(binary_stl()).hexdigest()
    page = sent(sha256, made.path.read_bytes())
    assert "Gyroid Lantern" in read(page)
    assert design.get_absolute_url() in page.content.decode()


def test_what_cannot_be_asked_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = "ab" * 32
    for manifest, why in (
        (None, "Choose the file with the Content Credentials."),
        (b"\x00" * (file_credentials.MOST_BYTES + 1), "Content Credentials of more than 512 kB are not read here"),
    ):
        page, answer = sent(sha256, manifest), sent(sha256, manifest, api=True)
        assert (page.status_code, answer.status_code) == (400, 400)
        assert why in read(page)
        assert why in answer.json()["credentials"]
    assert sent("nothing", b"x").status_code == 400
    assert sent("nothing", b"x", api=True).status_code == 400
    assert Client().get(reverse("verify:beside", args=[sha256])).url == reverse("verify:verdict", args=[sha256])
    assert Client(enforce_csrf_checks=True).post(reverse("verify:beside", args=[sha256])).status_code == 403

    def busy(*_given: Any, **_more: Any) -> Any:
        raise ChildFailed("timeout")

    # A machine that is busy is no fault of theirs: neither is called invalid.
    monkeypatch.setattr(file_credentials, "read_credentials_beside", busy)
    page, answer = sent(sha256, b"x"), sent(sha256, b"x", api=True)
    assert (page.status_code, answer.status_code) == (503, 503)
    assert (page["Retry-After"], answer["Retry-After"]) == ("5", "5")
    assert "They could not be read." in read(page)
    assert "invalid" not in read(page)


def test_a_child_that_takes_long_is_ended_long_before_a_thread_of_the_web_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (WEB_LIMITS.cpu_seconds, WEB_LIMITS.wall_seconds) == (3, 5)
    manifest = beside(binary_stl(), "model/stl", tmp_path)
    monkeypatch.setattr(reading, "WEB_LIMITS", replace(WEB_LIMITS, wall_seconds=0.001))
    assert sent("ab" * 32, manifest, api=True).status_code == 503
    monkeypatch.undo()
    assert sent("ab" * 32, manifest, api=True).json()["state"] == "invalid"


@pytest.mark.django_db(transaction=True)
def test_two_children_read_at_once_whoever_asks_and_a_killed_asker_leaves_its_place(tmp_path: Path) -> None:
    manifest = beside(binary_stl(), "model/stl", tmp_path)
    sha256 = hashlib.sha256(binary_stl()).hexdigest()
    askers = [psycopg.connect(database_url()) for _number in range(2)]
    for place, asker in enumerate(askers):
        assert sent(sha256, manifest, api=True).status_code == 200
        asker.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Lock.CREDENTIALS.value, _number(place)])

    page, part = sent(sha256, manifest), sent(sha256, manifest, part="?part=answer")
    answer = sent(sha256, manifest, api=True)
    assert [(one.status_code, one["Retry-After"]) for one in (page, part, answer)] == [(503, "5")] * 3
    sentence = "Other credentials are being read at the moment. Try again in some seconds."
    assert answer.json() == {"detail": sentence}
    assert sentence in read(page)
    assert sentence in part.content.decode()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [askers[0].info.backend_pid])
    assert sent(sha256, manifest, api=True).json()["state"] == "trusted"
    for asker in askers:
        asker.close()


def test_each_address_may_ask_some_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_credentials, "PER_MINUTE", 2)
    codes = [sent("ab" * 32, b"x", api=api).status_code for api in (False, True, False, True)]
    assert codes == [200, 200, 429, 429]


@pytest.mark.parametrize("part", ["", "?part=answer"])
def test_what_is_asked_with_or_without_a_manifest_counts_as_a_question_about_the_file(settings: Any, part: str) -> None:
    settings.VERIFY_PER_MINUTE = 2
    assert [sent("ab" * 32, None, part=part).status_code for _number in range(3)] == [400, 400, 429]
    for refused in (sent("ab" * 32, None, part=part), sent("ab" * 32, b"x", part=part)):
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")
        assert "That was too often." in refused.content.decode()
        assert "data-verdict" not in refused.content.decode()
    assert Client().get(reverse("verify:verdict", args=["ab" * 32])).status_code == 429


def test_who_has_had_too_many_manifests_read_gets_no_answer_about_the_file_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_credentials, "PER_MINUTE", 0)
    refused = sent("ab" * 32, b"x")
    assert (refused.status_code, "data-verdict" in refused.content.decode()) == (429, False)


def test_the_file_itself_is_nowhere_needed(tmp_path: Path) -> None:
    """What we sign holds the hash and none of the bytes. What others sign may hold more, and the page says so."""
    content = b"solid a secret shape\nendsolid\n" * 50
    manifest = beside(content, "model/stl", tmp_path)
    assert b"secret shape" not in manifest
    assert io.BytesIO(manifest).getbuffer().nbytes < 8_000
    assert sent(hashlib.sha256(content).hexdigest(), manifest, api=True).json()["state"] == "trusted"
    page = read(Client().get(reverse("verify:verdict", args=["ab" * 32])))
    assert "Other programs may have put a small picture of that file and its prompt into it." in page
