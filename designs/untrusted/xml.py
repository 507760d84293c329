"""XML from strangers, streamed through expat: UTF-8 only, no document type, bounded in depth and length of a token."""

from collections.abc import Callable, Iterable
from xml.parsers import expat

from designs.untrusted.refusal import Refusal

MAX_DEPTH = 64
MAX_TOKEN_BYTES = 4 * 1024 * 1024
_ENCODING_ERRORS = (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
Start = Callable[[str, list[str]], None]
End = Callable[[str], None]


def parse(
    pieces: Iterable[bytes],
    start: Start,
    end: End,
    namespace: Callable[[str, str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call `start` with each element's name ("uri local", or "local" without a namespace) and its attributes as
    name, value, name, value; and `end` behind it. `namespace` hears of each prefix, `text` of what stands between, in
    pieces. Raises Refusal.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.ordered_attributes = True
    depth = 0

    def started(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Refusal("xml_broken", line=parser.CurrentLineNumber)
        start(name, attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    def refused_doctype(*_about: object) -> None:
        raise Refusal("xml_doctype")

    def declared(_version: str, encoding: str | None, _alone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise Refusal("xml_encoding")

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.StartDoctypeDeclHandler = refused_doctype
    parser.XmlDeclHandler = declared
    if namespace is not None:
        parser.StartNamespaceDeclHandler = lambda prefix, uri: namespace(prefix or "", uri or "")
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    try:
        for piece in pieces:
            if fed == 0 and (piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:4]):
                raise Refusal("xml_encoding")
            parser.Parse(piece, False)
            fed += len(piece)
            # A token that never ends is read again with each piece.
            if fed - parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                raise Refusal("xml_broken", line=parser.CurrentLineNumber)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        if expat.errors.messages[error.code] in _ENCODING_ERRORS:
            raise Refusal("xml_encoding") from error
        raise Refusal("xml_broken", line=error.lineno) from error
