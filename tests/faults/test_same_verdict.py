"""The page, the API and the command say the same of a file: two from the database, the third from the chain alone."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from eth_account.signers.local import LocalAccount

from common.identifiers import ZERO_HASH
from contracts.verifier import Node, as_json, report, verify_file, verify_proof
from contracts.verifier.sentences import BY_PROOF, FORMS
from designs.credentials.local_authority import make_local_authority
from designs.services.attachments import NewAttachment
from designs.services.received import ReceivedFile
from designs.services.renditions import request_rendition, run_rendition
from designs.storage import master_store
from designs.tests.samples import glb_bytes
from marketplace.tests.pages import page, text
from tests.faults.market import Market
from tests.faults.wallets import NEVER, ROOT, as_creator, as_operator, derive, register

pytestmark = pytest.mark.django_db(transaction=True)


def told(
    market: Market, folder: Path, content: bytes, proof: bytes = b"", beside: bytes | None = None
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What command and API answer, and what the page reads; the sentences of all three are the same."""
    path = folder / "file"
    path.write_bytes(content)
    here = market.live.chain
    market.live.settle()
    where: dict[str, Any] = {"node": Node(here.rpc_url), "registry": here.deployment.address("DesignRegistry")}
    where["beside"] = beside
    asked = verify_proof(proof, str(path), **where) if proof else verify_file(str(path), **where)
    command = json.loads(as_json(asked))
    cache.clear()
    sha256 = hashlib.sha256(content).hexdigest()
    api = Client().get(f"/api/v1/verify/{sha256}/").json()
    read = text(page(None, reverse("verify:verdict", args=[sha256]))).replace("&#x27;", "'")
    assert (api["verdict"], api["known"]) == (command["verdict"], command["known"])
    assert api["sentences"] == command["sentences"]
    for sentence in command["sentences"]:
        assert sentence in read, sentence
    return command, api, read


def test_each_verdict_is_said_in_the_same_words(sold: Market, outsider: LocalAccount, tmp_path: Path) -> None:
    command, _api, _read = told(sold, tmp_path, b"never seen")
    assert command["verdict"] == "unknown"
    assert "the search for near matches could find it, which is an online service" in " ".join(command["sentences"])

    digest = "0x" + hashlib.sha256(sold.file).hexdigest()
    register(sold, outsider, digest)
    command, api, _read = told(sold, tmp_path, sold.file)
    assert [one["order"] for one in command["claims"]] == [one["claim_order"] for one in api["claims"]] == [1, 2]
    assert [one["kind"] for one in command["claims"]] == [one["kind"] for one in api["claims"]]
    assert "it is claim number 2 known to this registry, not the first; signed by their own wallet." in " ".join(
        command["sentences"]
    )
    assert "Lineage: it was registered without a parent." in command["sentences"]

    as_creator(
        sold,
        "DesignRegistry",
        "addVersion",
        sold.entry,
        2,
        "0x" + hashlib.sha256(b"2").digest().hex(),
        ROOT,
        NEVER,
        b"",
    )
    assert told(sold, tmp_path, b"2")[0]["verdict"] == "version"

    version = sold.design.versions.get()
    version.facts = {"format": "png"}
    version.save()
    rendition = request_rendition(version=version, form="credentials")
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None
    delivered = master_store().path(rendition.asset.sha256).read_bytes()
    assert told(sold, tmp_path, delivered)[0]["verdict"] == "rendition"

    for status, word in ((1, "Contested"), (2, "Suspended"), (0, "")):
        as_operator(sold, "DesignRegistry", "setStatus", sold.entry, status, ZERO_HASH)
        for content in (sold.file, b"2", delivered):
            command, _api, _read = told(sold, tmp_path, content)
            assert any(one.startswith(word + ":") for one in command["sentences"]) is bool(word)

    assert {form.value: form.label for form in type(rendition).Form} == FORMS
    # A row whose signature is another's is not believed, also where nobody asks the chain.
    type(rendition).objects.update(statement=rendition.statement[:-8] + "00000000")
    answer = Client().get(f"/api/v1/verify/{rendition.asset.sha256}/").json()
    assert (answer["known"], answer["verdict"]) == (False, "broken")
    assert answer["renditions"][0]["trouble"] == "The signature does not hold: do not rely on this."


def test_content_credentials_beside_a_file_are_told_as_a_rendition(
    market: Market, settings: Any, tmp_path: Path
) -> None:
    settings.CREDENTIALS_DIR = tmp_path / "authority"
    assert make_local_authority(settings.CREDENTIALS_DIR)
    market.file, market.file_name = glb_bytes(), "part.glb"
    market.publish()
    version = market.design.versions.select_related("design", "master").get()
    version.facts = {"format": "glb"}
    version.save()
    # Those of the master alone, and those beside each form that cannot hold them.
    for form in ("c2pa", "credentials", "stl", "3mf"):
        rendition = request_rendition(version=version, form=form)
        run_rendition(rendition_id=rendition.pk)
        rendition.refresh_from_db()
        beside = rendition.asset if form == "c2pa" else rendition.manifest
        assert beside is not None, rendition.message
        stated = Client().get(reverse("verify:statement", args=[beside.sha256])).content
        command, api, _read = told(market, tmp_path, master_store().path(beside.sha256).read_bytes(), beside=stated)
        assert command["verdict"] == "rendition", form
        [[one], [shown]] = command["renditions"], api["renditions"]
        assert (one["form"], one["place"], one["holds"]) == (shown["form"], "beside the file", True)
        assert (shown["form"], shown["master_sha256"]) == ("c2pa", version.master.sha256)
        assert shown["statement"] == json.loads(stated)["statement"]
        # The command has the statement from our database, where nobody names it.
        code, output = market.live.manage("verify", str(tmp_path / "file"))
        assert (code, command["sentences"][0] in output) == (0, True), output


def test_page_api_and_command_tell_the_same_ancestors(sold: Market, outsider: LocalAccount, tmp_path: Path) -> None:
    child = b"a derived work"
    derive(sold, outsider, "0x" + hashlib.sha256(child).hexdigest(), {})
    command, api, read = told(sold, tmp_path, child)
    [line] = command["claims"][0]["ancestors"]
    assert line == {"entry_id": sold.design.entry_id, "ppm": 100_000, "binding_ppm": 100_000, "direct": True}
    shown = {"title": sold.design.title, "page": sold.design.get_absolute_url()}
    assert api["claims"][0]["ancestors"] == [{**line, **shown}]
    sentence = (
        f"Lineage: it derives from entry {sold.design.entry_id}, its parent, "
        "which gets 10 % of what it earns after the fee."
    )
    assert sentence in command["sentences"]
    assert f"{sentence} {sold.design.title} by" in read
    code, output = sold.live.manage("verify", str(tmp_path / "file"))
    assert (code, sentence in output) == (0, True), output

    # What nobody is shown is an entry without a title.
    sold.design.state = "taken_down"
    sold.design.save()
    _command, api, read = told(sold, tmp_path, child)
    assert api["claims"][0]["ancestors"] == [{**line, "title": "", "page": ""}]
    assert sold.design.title not in read


def test_a_file_that_came_with_a_license_is_told_by_its_field_and_a_private_one_is_not(
    market: Market, tmp_path: Path
) -> None:
    notes, secret = b"print notes", b"a secret workflow"
    files = [
        NewAttachment(ReceivedFile(io.BytesIO(secret), "flow.json"), "workflow", "private"),
        NewAttachment(ReceivedFile(io.BytesIO(notes), "notes.txt"), "documentation", "with_license"),
    ]
    market.announce()
    market.submit(attached=files)
    address = reverse("verify:file_proof", args=[hashlib.sha256(notes).hexdigest()])
    assert Client().get(address).status_code == 404  # nothing is anchored yet
    market.live.settle()

    proof = Client().get(address)
    assert [one["key"] for one in proof.json()["fields"]] == ["attachments.2"]
    command, api, _read = told(market, tmp_path, notes, proof.content)
    master = hashlib.sha256(market.file).hexdigest()
    assert command["verdict"] == "attachment"
    assert command["sentences"][0] == (
        "This file stands in the field attachments.2 of the record that was anchored for the file with SHA-256 "
        f"{master}."
    )
    assert command["sentences"][1].startswith("Of that file: The address ")
    assert [(one["key"], one["entry_id"], one["number"]) for one in api["attached"]] == [
        ("attachments.2", market.design.entry_id, 1)
    ]
    assert api["attached"][0]["proof"] == proof.json()
    assert address in page(None, reverse("verify:verdict", args=[hashlib.sha256(notes).hexdigest()]))
    code, output = market.live.manage("verify", str(tmp_path / "file"))
    assert (code, command["sentences"][0] in output, "Nothing is known" in output) == (0, True, False), output
    # Without the proof the chain alone knows nothing of it, and says what would help.
    here = market.live.chain
    where: dict[str, Any] = {"node": Node(here.rpc_url), "registry": here.deployment.address("DesignRegistry")}
    alone = verify_file(str(tmp_path / "file"), **where)
    assert (alone.exit_code, alone.word) == (1, "unknown")
    assert BY_PROOF in report(alone)
    (tmp_path / "file").write_bytes(secret)
    assert verify_proof(proof.content, str(tmp_path / "file"), **where).word == "other_file"

    assert told(market, tmp_path, secret)[0]["verdict"] == "unknown"
    assert Client().get(reverse("verify:file_proof", args=[hashlib.sha256(secret).hexdigest()])).status_code == 404
    market.design.state = "taken_down"
    market.design.save()
    assert told(market, tmp_path, notes)[0]["verdict"] == "unknown"
    assert Client().get(address).status_code == 404
    assert market.live.manage("verify", str(tmp_path / "file"))[0] == 1
