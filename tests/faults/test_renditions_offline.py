"""What a buyer was given is verified with our server switched off: the file, the one-file verifier, and a node."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from common.identifiers import ZERO_HASH
from contracts.verifier import one_file
from designs.models import DesignVersion, Rendition
from designs.services.renditions import request_rendition, run_rendition
from designs.storage import master_store
from tests.faults.market import Market
from tests.faults.wallets import as_operator

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(market: Market, form: str) -> tuple[Rendition, bytes]:
    DesignVersion.objects.update(facts={"format": "png"})
    version = DesignVersion.objects.select_related("design", "master").get()
    rendition = request_rendition(version=version, form=form)
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None, rendition.message
    return rendition, master_store().path(rendition.asset.sha256).read_bytes()


def test_a_rendition_is_told_from_the_chain_alone_and_a_changed_or_recoded_one_is_not(
    sold: Market, tmp_path: Path
) -> None:
    here = sold.live.chain
    registry = here.deployment.address("DesignRegistry")
    (tmp_path / "verify.py").write_text(one_file())

    def verdict(content: bytes, *more: str) -> tuple[int, dict[str, Any]]:
        (tmp_path / "file").write_bytes(content)
        command = [sys.executable, "-I", "verify.py", "file", "--rpc", here.rpc_url, "--registry", registry, "--json"]
        done = subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, json.loads(done.stdout)

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
