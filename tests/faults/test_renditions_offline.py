"""What a buyer was given is verified with our server switched off: the file, the one-file verifier, and a node."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from eth_account.signers.local import LocalAccount
from PIL import Image

from common.identifiers import ZERO_HASH
from contracts.verifier import one_file
from contracts.verifier.sentences import CREDENTIALS_UNCHECKED, NEAR_MATCHES
from designs.models import Design, DesignVersion, Rendition
from designs.services.received import asset_of
from designs.services.renditions import request_rendition, run_rendition
from designs.storage import master_store
from designs.tests.delivered import MASTERS, Sample, changed
from tests.faults.market import Market
from tests.faults.wallets import as_operator, register

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(market: Market, form: str, held: str = "png") -> tuple[Rendition, bytes]:
    DesignVersion.objects.update(facts={"format": held})
    version = DesignVersion.objects.select_related("design", "master").get()
    rendition = request_rendition(version=version, form=form)
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None, rendition.message
    return rendition, master_store().path(rendition.asset.sha256).read_bytes()


def told_offline(market: Market, folder: Path, content: bytes, *more: str) -> tuple[int, dict[str, Any]]:
    """What the one-file verifier says of these bytes, with its exit code."""
    here = market.live.chain
    (folder / "verify.py").write_text(one_file())
    (folder / "file").write_bytes(content)
    command = [sys.executable, "-I", "verify.py", "file", "--rpc", here.rpc_url, "--json"]
    command += ["--registry", here.deployment.address("DesignRegistry"), *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_rendition_is_told_from_the_chain_alone_and_a_changed_or_recoded_one_is_not(
    sold: Market, tmp_path: Path
) -> None:
    def verdict(content: bytes, *more: str) -> tuple[int, dict[str, Any]]:
        return told_offline(sold, tmp_path, content, *more)

    rendition, content = delivered(sold, "credentials")
    code, told = verdict(content)
    assert (code, told["verdict"], told["known"], told["claims"]) == (0, "rendition", True, [])
    [one] = told["renditions"]
    assert (one["holds"], one["place"], one["form"]) == (True, "in the file", "credentials")
    assert (one["master"], one["signer"]) == (rendition.master_sha256, rendition.signer.lower())
    assert [claim["entry_id"] for claim in one["claims"]] == [sold.design.entry_id]
    assert one["claims"][0]["on_sale"][0]["price"] == 18_000_000

    changed = bytearray(content)
    changed[content.index(b"IDAT") + 8] ^= 1
    code, told = verdict(bytes(changed))
    assert (code, told["verdict"], told["renditions"][0]["trouble"]) == (3, "broken", "changed")

    recoded = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").save(recoded, "JPEG")
    code, told = verdict(recoded.getvalue())
    assert (code, told["verdict"], told["renditions"]) == (1, "unknown", [])
    # What only an online service could find is said to be that, and what is not looked at here as well.
    assert told["sentences"][1] == NEAR_MATCHES
    assert told["content_credentials"] == {"state": "not_checked", "sentence": CREDENTIALS_UNCHECKED}

    # A statement beside the file serves one that cannot hold it, here the same file without what it holds.
    (tmp_path / "beside.json").write_text(rendition.beside.as_json())
    code, told = verdict(content, "--statement", "beside.json")
    assert (code, [one["place"] for one in told["renditions"]]) == (0, ["in the file", "beside the file"])
    code, told = verdict(sold.file, "--statement", "beside.json")
    assert (code, told["verdict"], told["renditions"][0]["trouble"]) == (0, "claimed", "changed")

    # Somebody else's key states what it likes.
    from eth_account import Account

    from contracts.verifier import Statement

    stated = Statement.read(rendition.embedded.encode())
    forged = stated.signed(bytes(Account.sign_typed_data(b"\x09" * 32, full_message=stated.typed_data()).signature))
    code, told = verdict(content.replace(stated.text.encode(), forged.text.encode()))
    assert (code, told["renditions"][0]["trouble"]) == (3, "stranger")

    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, 2, ZERO_HASH)
    code, told = verdict(content)
    assert (code, told["renditions"][0]["claims"][0]["status"]) == (0, "suspended")
    as_operator(sold, "AccessManager", "revokeRole", 1, rendition.signer)
    code, told = verdict(content)
    assert (code, told["renditions"][0]["trouble"]) == (3, "former_operator")


def test_each_format_is_told_offline_with_what_it_holds_or_has_beside_it(
    sold: Market, outsider: LocalAccount, tmp_path: Path
) -> None:
    for form, sample in MASTERS.items():
        version = mastered(sold, outsider, sample)
        rendition, content = delivered(sold, "credentials", form)
        code, told = told_offline(sold, tmp_path, content)
        [one] = told["renditions"]
        assert (code, told["verdict"], one["place"]) == (0, "rendition", "in the file"), form
        assert (one["master"], one["entry_id"]) == (version.master.sha256, version.design.entry_id)
        code, told = told_offline(sold, tmp_path, changed(form, content))
        assert (code, [one["trouble"] for one in told["renditions"]]) == (3, ["changed"]), form

        if form == "glb":
            rendition, content = delivered(sold, "stl", form)
            (tmp_path / "beside.json").write_text(rendition.beside.as_json())
            assert told_offline(sold, tmp_path, content)[0] == 1
            code, told = told_offline(sold, tmp_path, content, "--statement", "beside.json")
            assert (code, told["verdict"], told["renditions"][0]["form"]) == (0, "rendition", "stl")
            code, told = told_offline(sold, tmp_path, content[:-1] + b"\1", "--statement", "beside.json")
            assert (code, told["renditions"][0]["trouble"]) == (3, "changed")


def mastered(market: Market, owner: LocalAccount, sample: Sample) -> DesignVersion:
    """The market's design with another master, which somebody's entry on the chain claims."""
    blob = master_store().put(io.BytesIO(sample.content), max_bytes=len(sample.content))
    entry_id = register(market, owner, "0x" + blob.sha256)
    kind = Design.Kind.IMAGE if sample.media_type.startswith("image/") else Design.Kind.MESH
    Design.objects.update(entry_id=entry_id, kind=kind)
    with transaction.atomic():
        DesignVersion.objects.update(master=asset_of(blob, media_type=sample.media_type), file_name=sample.name)
    Rendition.objects.update(superseded_at=timezone.now())
    return DesignVersion.objects.select_related("design", "master").get()


def test_what_cannot_be_read_of_a_file_is_said_beside_what_is_known_of_it(
    market: Market, outsider: LocalAccount, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("secret.txt", "anything")
    locked = bytearray(stream.getvalue())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    code, told = told_offline(market, tmp_path, bytes(locked))
    assert (code, told["verdict"]) == (1, "unknown")
    assert told["unread"] == ["What the file may state of itself cannot be read. The archive cannot be read."]
    code, text = market.live.manage("verify", str(tmp_path / "file"))
    assert (code, told["unread"][0] in text) == (1, True), text
    # What lies beside it is looked at too, and a file that is not there is said to be missing.
    (tmp_path / "file.c2pa").write_bytes(b"no manifest")
    code, text = market.live.manage("verify", str(tmp_path / "file"), "--credentials", str(tmp_path / "file.c2pa"))
    assert (code, "Content Credentials: invalid; " in text) == (1, True), text
    code, text = market.live.manage("verify", str(tmp_path / "file"), "--credentials", str(tmp_path / "none.c2pa"))
    assert (code, "none.c2pa cannot be read: No such file or directory." in text) == (2, True), text

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.txt", "anything")
    code, told = told_offline(market, tmp_path, packed.getvalue())
    assert (code, told["unread"][0].endswith("in a way that is not looked at.")) == (1, True)

    image = io.BytesIO()
    Image.new("RGB", (9, 7)).save(image, "WEBP")
    longer = image.getvalue() + b"loomprint-rendition: and more"
    register(market, outsider, "0x" + hashlib.sha256(longer).hexdigest())
    code, told = told_offline(market, tmp_path, longer)
    assert (code, told["verdict"], len(told["claims"])) == (0, "claimed", 1)
    assert told["unread"][0].endswith("The WebP is not as long as it says.")

    (tmp_path / "beside.json").write_text("[]")
    code, told = told_offline(market, tmp_path, longer, "--statement", "beside.json")
    assert (code, told["unread"][1]) == (
        0,
        "What is stated beside the file cannot be read. The file beside it holds no statement.",
    )
