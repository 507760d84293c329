"""The operator's signed statement that a file is a rendition of a master: one line of text, in the file or beside it.

    loomprint-rendition:1:SCHEME:CHAIN:REGISTRY:ENTRY:MASTER:FORM:CONTENT:SIGNATURE

SCHEME says how CONTENT, a SHA-256, was made of the file (`content_of`); a file cannot hold its own hash, so what
is hashed leaves the statement out. SIGNATURE is that of EIP-712 over all of it, by the registry's operator.
"""

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

if __package__:
    from .keccak import keccak256
    from .secp256k1 import recovered_address
else:
    from keccak import keccak256  # type: ignore[import-not-found, no-redef]
    from secp256k1 import recovered_address  # type: ignore[import-not-found, no-redef]

MARK = b"loomprint-rendition:"
_STATEMENT = re.compile(
    rb"loomprint-rendition:1:(png|jpeg|webp|glb|3mf|step|file):([1-9][0-9]{0,18}):(0x[0-9a-f]{40}):(0x[0-9a-f]{32}):"
    rb"([0-9a-f]{64}):([a-z0-9_]{1,16}):([0-9a-f]{64}):([0-9a-f]{130})(?![0-9a-f])"
)
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_TYPE = "Rendition(string scheme,bytes32 content,bytes32 master,uint128 entry,string form)"
_SMALL = 1 << 16
MOST_STATEMENTS = 8
MOST_MEMBERS = 2000
MOST_INFLATED = 1 << 29
# What a directory that lies leads to: places before the beginning of the file, numbers too large, halves of records.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, ValueError, OSError, OverflowError)


class NoStatement(Exception):
    """The file's parts cannot be told, or it states more than anybody would check; `str()` says why."""


@dataclass(frozen=True)
class Statement:
    """What is stated: hashes as 64 hex digits, registry and entry with 0x, signature as 130 digits, all lower case.

    `form` says what kind of rendition it is; `scheme` "file" is for a statement kept beside the file, whose content is
    the SHA-256 of the whole file.
    """

    scheme: str
    chain_id: int
    registry: str
    entry_id: str
    master: str
    form: str
    content: str = "0" * 64
    signature: str = "0" * 130

    @property
    def text(self) -> str:
        parts = (self.scheme, self.chain_id, self.registry, self.entry_id, self.master, self.form, self.content)
        return ":".join(("loomprint-rendition", "1", *(str(part) for part in parts), self.signature))

    @classmethod
    def read(cls, text: bytes) -> "Statement":
        """Out of one line of text. Raises NoStatement."""
        found = _STATEMENT.fullmatch(text)
        if found is None:
            raise NoStatement("This is no statement about a rendition of the form that is known here.")
        scheme, chain_id, registry, entry, master, form, content, signature = (one.decode() for one in found.groups())
        return cls(scheme, int(chain_id), registry, entry, master, form, content, signature)

    def with_content(self, content: str) -> "Statement":
        return replace(self, content=content)

    def signed(self, signature: bytes) -> "Statement":
        return replace(self, signature=signature.hex())

    def typed_data(self) -> dict[str, Any]:
        """What the operator signs, as EIP-712 has it."""
        return {
            "types": {
                "EIP712Domain": _fields(_DOMAIN_TYPE),
                "Rendition": _fields(_TYPE),
            },
            "primaryType": "Rendition",
            "domain": {
                "name": "Loomprint renditions",
                "version": "1",
                "chainId": self.chain_id,
                "verifyingContract": self.registry,
            },
            "message": {
                "scheme": self.scheme,
                "content": "0x" + self.content,
                "master": "0x" + self.master,
                "entry": int(self.entry_id, 16),
                "form": self.form,
            },
        }

    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        domain = (
            keccak256(_DOMAIN_TYPE.encode())
            + keccak256(b"Loomprint renditions")
            + keccak256(b"1")
            + self.chain_id.to_bytes(32, "big")
            + bytes.fromhex(self.registry[2:]).rjust(32, b"\0")
        )
        message = (
            keccak256(_TYPE.encode())
            + keccak256(self.scheme.encode())
            + bytes.fromhex(self.content)
            + bytes.fromhex(self.master)
            + bytes.fromhex(self.entry_id[2:]).rjust(32, b"\0")
            + keccak256(self.form.encode())
        )
        return keccak256(b"\x19\x01" + keccak256(domain) + keccak256(message))

    def signer(self) -> str | None:
        """The address that signed, 0x and 40 lower-case digits; None where the signature is nobody's."""
        return recovered_address(self.digest(), bytes.fromhex(self.signature))

    def as_json(self) -> str:
        """The statement to keep beside a file."""
        named = {
            "statement": self.text,
            "what": "The holder of the operator's key states that the file with this SHA-256 is a rendition of the "
            "file whose SHA-256 is `master`, which is claimed in the registry by `entry`.",
            "file": self.content,
            "form": self.form,
            "master": self.master,
            "chain": self.chain_id,
            "registry": self.registry,
            "entry": self.entry_id,
        }
        return json.dumps(named, indent=2) + "\n"


def read_beside(text: bytes) -> Statement:
    """The statement of a JSON file that was kept beside a rendition. Raises NoStatement."""
    if len(text) > _SMALL:
        raise NoStatement("The statement beside the file is too long to be one.")
    # One flat object; deep brackets exhaust the parser's stack.
    if text.count(b"[") + text.count(b"{") > 8:
        raise NoStatement("The file beside it holds no statement.")
    try:
        return Statement.read(json.loads(text)["statement"].encode("ascii"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoStatement("The file beside it holds no statement.") from error


def statements_in(path: str) -> list[tuple[Statement, bool]]:
    """Every statement that the file holds, and whether the file still is the content that it speaks of.

    Raises NoStatement where the file holds one but its parts cannot be told.
    """
    scheme = scheme_of(path)
    if scheme is None:
        return []
    texts: list[bytes] = []
    for piece in _pieces(path, scheme):
        for found in _STATEMENT.finditer(piece):
            texts.append(found[0])
        if len(texts) > MOST_STATEMENTS:
            raise NoStatement(f"The file states more than {MOST_STATEMENTS} things about itself.")
    read = [Statement.read(text) for text in dict.fromkeys(texts)]
    return [(one, one.scheme == scheme and content_of(path, one) == one.content) for one in read]


def scheme_of(path: str) -> str | None:
    """How the content of a file of this kind is told, by its first bytes; None for kinds that hold no statement."""
    with open(path, "rb") as stream:
        head = stream.read(16)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith(b"PK\x03\x04"):
        return "3mf"
    if head.startswith(b"ISO-10303-21"):
        return "step"
    return None


def content_of(path: str, statement: Statement) -> str:
    """SHA-256 of the file's pieces without the statement's text, which must stand in them exactly once.

    Hashed are a line with the scheme's name, then for each piece its length (8 bytes, big-endian) and its bytes.
    Raises NoStatement.
    """
    text = statement.text.encode()
    digest = hashlib.sha256(b"loomprint-rendition:1:" + statement.scheme.encode() + b"\n")
    seen = 0
    for piece in _pieces(path, statement.scheme):
        before, found, after = piece.partition(text)
        seen += bool(found) + after.count(text)
        digest.update(struct.pack(">Q", len(before) + len(after)))
        digest.update(before)
        digest.update(after)
    return digest.hexdigest() if seen == 1 else ""


def _pieces(path: str, scheme: str) -> Iterator[bytes]:
    """What of a file is its content, in pieces. Raises NoStatement.

    PNG: each chunk's type and data without its checksum, but not caBX; what follows IEND. JPEG: the segments before
    the first scan, but not APP11 with JUMBF in it; all the rest as one. WebP: each chunk's type and data, but not
    C2PA. These hold Content Credentials, which speak of the finished file and so come last. GLB, STEP: all of it.
    3MF: of each member of its directory the name, then the data.
    """
    if scheme == "3mf":
        yield from _members(path)
        return
    with open(path, "rb") as stream:
        data = stream.read()
    if scheme in ("glb", "step"):
        yield data
    elif MARK in data:  # most files state nothing, and need not be taken apart
        yield from {"png": _png, "jpeg": _jpeg, "webp": _webp}[scheme](data)


def _png(data: bytes) -> Iterator[bytes]:
    place = 8
    kind = b""
    while kind != b"IEND":
        if place + 12 > len(data):
            raise NoStatement("The PNG ends too early.")
        length = int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        following = place + 12 + length
        if following > len(data):
            raise NoStatement("The PNG ends too early.")
        if kind != b"caBX":
            yield data[place + 4 : following - 4]
        place = following
    if place < len(data):
        yield data[place:]


def _jpeg(data: bytes) -> Iterator[bytes]:
    place, marker = 2, 0
    while marker != 0xDA:
        start = place
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 4 > len(data) or data[place] != 0xFF:
            raise NoStatement("The JPEG's segments cannot be told.")
        marker = data[place + 1]
        following = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if following > len(data) or following < place + 4:
            raise NoStatement("The JPEG ends too early.")
        if not (marker == 0xEB and data[place + 4 : place + 6] == b"JP"):
            yield data[start:following]
        place = following
    yield data[place:]


def _webp(data: bytes) -> Iterator[bytes]:
    # The one length that no piece holds; a reader would stop where it says.
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise NoStatement("The WebP is not as long as it says.")
    place = 12
    while place < len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        if place + 8 + length > len(data):
            raise NoStatement("The WebP ends too early.")
        if data[place : place + 4] != b"C2PA":
            yield data[place : place + 4] + data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _members(path: str) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            if len(listed) > MOST_MEMBERS or sum(one.file_size for one in listed) > MOST_INFLATED:
                raise NoStatement("The archive holds more than is looked at.")
            for member in listed:
                # As packages are packed; each of the others fails in its own way.
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise NoStatement("The archive is packed in a way that is not looked at.")
                yield member.filename.encode()
                with archive.open(member) as stream:
                    yield stream.read(member.file_size)
    except _UNREADABLE as error:
        raise NoStatement("The archive cannot be read.") from error


def _fields(kind: str) -> list[dict[str, str]]:
    listed = kind.partition("(")[2].rstrip(")").split(",")
    return [{"name": name, "type": of} for of, name in (field.split() for field in listed)]
