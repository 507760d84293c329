"""Formats that are text without magic bytes are known by their words, and only when the name claims them."""

import re

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_OBJ_WORDS = {
    b"v", b"vt", b"vn", b"vp", b"f", b"fo", b"l", b"p", b"o", b"g", b"s", b"mg", b"mtllib", b"usemtl", b"usemap",
    b"maplib", b"lod", b"bevel", b"c_interp", b"d_interp", b"shadow_obj", b"trace_obj", b"cstype", b"deg", b"bmat",
    b"step", b"curv", b"curv2", b"surf", b"parm", b"trim", b"hole", b"scrv", b"sp", b"end", b"con",
}  # fmt: skip


def is_obj(head: bytes) -> bool:
    """Whether every whole line begins with a word of Wavefront's object files, or is a comment."""
    if _CONTROL.search(head):
        return False
    lines = head.removeprefix(b"\xef\xbb\xbf").replace(b"\\\n", b" ").replace(b"\\\r\n", b" ").splitlines()
    # The last line may be cut by the end of the head.
    words = [line.split(maxsplit=1)[0] for line in (lines[:-1] if len(lines) > 1 else lines) if line.strip()]
    return bool(words) and all(word in _OBJ_WORDS or word.startswith(b"#") for word in words)


def is_gltf(head: bytes) -> bool:
    """Whether the text begins as a JSON object does."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") and not _CONTROL.search(head)
