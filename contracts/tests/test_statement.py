"""The stand-alone verifier's own cryptography and its reading of statements, held against the libraries we run with."""

import ast
import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from eth_account import Account
from eth_hash.auto import keccak
from eth_keys import keys
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from contracts.verifier import one_file, statement
from contracts.verifier.keccak import checksummed, keccak256
from contracts.verifier.secp256k1 import _ORDER, recovered_address
from contracts.verifier.statement import NoStatement, Statement, content_of, read_beside, statements_in

ABOUT = Statement("png", 31337, "0x" + "ab" * 20, "0x" + "12" * 16, "cd" * 32, "credentials")
KEY = Account.from_key("0x" + "07" * 32)


def signed(about: Statement) -> Statement:
    return about.signed(bytes(Account.sign_typed_data(KEY.key, full_message=about.typed_data()).signature))


@given(st.binary(max_size=300))
def test_keccak_is_that_of_ethereum(data: bytes) -> None:
    assert keccak256(data) == keccak(data)


@pytest.mark.parametrize("length", [0, 135, 136, 137, 271, 272])
def test_keccak_around_the_ends_of_its_blocks(length: int) -> None:
    assert keccak256(b"a" * length) == keccak(b"a" * length)


def test_an_address_is_recovered_from_a_signature_and_from_no_other_digest() -> None:
    for number in range(1, 9):
        key = keys.PrivateKey(keccak(bytes([number])))
        digest = keccak(bytes([number, 1]))
        signature = key.sign_msg_hash(digest)
        raw = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([27 + signature.v])
        assert recovered_address(digest, raw) == key.public_key.to_address()
        assert checksummed(key.public_key.to_address()) == key.public_key.to_checksum_address()
        assert recovered_address(keccak(digest), raw) != key.public_key.to_address()
        twin = raw[:32] + (_ORDER - signature.s).to_bytes(32, "big") + bytes([28 - signature.v])
        assert recovered_address(digest, twin) is None


@pytest.mark.parametrize(
    "signature",
    [b"", b"\0" * 65, b"\xff" * 65, b"\1" * 64 + b"\0", b"\1" * 64 + b"\x1d", (5).to_bytes(32, "big") * 2 + b"\x1b"],
)
def test_what_is_no_signature_is_nobodys(signature: bytes) -> None:
    assert recovered_address(b"\1" * 32, signature) is None


def test_what_is_signed_is_eip_712_and_any_other_word_has_another_signer() -> None:
    one = signed(ABOUT.with_content("ef" * 32))
    assert one.signer() == KEY.address.lower()
    assert Statement.read(one.text.encode()) == one
    changed = {
        "scheme": "jpeg",
        "chain_id": 1,
        "registry": "0x" + "ac" * 20,
        "entry_id": "0x" + "13" * 16,
        "master": "ce" * 32,
        "form": "glb",
        "content": "ee" * 32,
    }
    for name, value in changed.items():
        assert Statement(**{**vars(one), name: value}).signer() != KEY.address.lower(), name


def test_a_statement_beside_a_file_is_read_back_and_nothing_else_is() -> None:
    one = signed(Statement(**{**vars(ABOUT), "scheme": "file", "content": "ef" * 32}))
    assert read_beside(one.as_json().encode()) == one
    deep = b'{"statement": ' + b"[" * 60_000
    wrong = b'{"statement": "x"}'
    for text in (b"", b"{}", b"[]", b'{"statement": 5}', wrong, deep, wrong[:-2] + b"x" * 70_000):
        with pytest.raises(NoStatement):
            read_beside(text)


def png_with(text: str, *, more: bytes = b"") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (9, 7), "#0b625b").save(stream, "PNG")
    plain = stream.getvalue()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return plain[:33] + chunk(b"tEXt", b"a\0" + text.encode()) + more + plain[33:]


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "file"
    path.write_bytes(data)
    return str(path)


def test_a_statement_in_a_png_holds_until_a_byte_of_the_rest_is_another(tmp_path: Path) -> None:
    content = content_of(written(tmp_path, png_with(ABOUT.text)), ABOUT)
    one = signed(ABOUT.with_content(content))
    whole = png_with(one.text)
    assert statements_in(written(tmp_path, whole)) == [(one, True)]
    place = whole.index(b"IDAT") + 6
    assert statements_in(written(tmp_path, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])) == [
        (one, False)
    ]
    assert statements_in(written(tmp_path, whole + b"more")) == [(one, False)]
    # Content Credentials are added to the finished file; nothing else may be.
    credentials = struct.pack(">I", 3) + b"caBX" + b"abc" + b"\0\0\0\0"
    assert statements_in(written(tmp_path, png_with(one.text, more=credentials))) == [(one, True)]
    comment = struct.pack(">I", 3) + b"tEXt" + b"a\0b" + b"\0\0\0\0"
    assert statements_in(written(tmp_path, png_with(one.text, more=comment))) == [(one, False)]
    # Twice the same statement is not the file that was signed.
    assert statements_in(written(tmp_path, png_with(one.text + " " + one.text))) == [(one, False)]


def test_a_broken_file_that_states_something_cannot_be_told_and_one_that_states_nothing_is_left_alone(
    tmp_path: Path,
) -> None:
    text = signed(ABOUT).text.encode()
    broken = {
        "PNG": b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xff" + text,
        "JPEG": b"\xff\xd8\xff\xe1\xff\xff" + text,
        "JPEG without a marker": b"\xff\xd8\xff\xe1\x00\x02\x00\x00" + text,
        "WebP": b"RIFF\x00\x00\x00\x00WEBP" + text,
        "many": png_with(" ".join(f"{signed(ABOUT).text[:-3]}{n:03x}" for n in range(9))),
        "ZIP": b"PK\x03\x04" + text,
    }
    for data in broken.values():
        with pytest.raises(NoStatement):
            statements_in(written(tmp_path, data))
    for data in (b"", b"\x89PNG\r\n\x1a\nrubbish", b"\xff\xd8\xff\xe1\xff\xff", b"text " + text):
        assert statements_in(written(tmp_path, data)) == []


def test_an_archive_that_inflates_beyond_reason_is_not_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement, "MOST_INFLATED", 1 << 20)
    path = tmp_path / "bomb.3mf"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("3D/3dmodel.model", "w") as member:
        for _piece in range(9):
            member.write(bytes(1 << 18))
    with pytest.raises(NoStatement):
        statements_in(str(path))


def test_the_verifier_is_one_file_that_needs_nothing_else_and_names_nothing_twice(tmp_path: Path) -> None:
    source = one_file()
    named = [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    ]
    assert sorted(named) == sorted(set(named))
    assert "__package__" not in source
    path = tmp_path / "verify.py"
    path.write_text(source)
    command = [sys.executable, "-I", str(path), str(path), "--rpc", "ftp://x", "--registry", "0x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "ftp://x is not an http or https address of a node.\n")
