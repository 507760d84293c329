"""A rendition in two tasks: made, with the place for its statement, and, once that is signed, sealed with it."""

import os
from collections.abc import Callable
from typing import Any

from contracts.verifier.statement import NoStatement, Statement, content_of, scheme_of, statements_in
from designs.untrusted.embedding import embed
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

CONVERTED, UNSEALED, SEALED = "converted", "unsealed", "sealed"
_MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "glb": "model/gltf-binary"}
_MEDIA_TYPES |= {"3mf": "model/3mf", "step": "model/step"}


def make(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the rendition's file; tell its media type, and its scheme and content where it can hold a statement.

    With the form "credentials" the file is the master's own, and is not written again.
    """
    source = request["input"]
    if request["form"] == "credentials":
        media_type = _MEDIA_TYPES[scheme_of(source) or ""]
    else:
        media_type = _converted(request, progress)
        source = CONVERTED
    scheme = scheme_of(source)
    if scheme is None:
        return {"media_type": media_type, "scheme": "file", "content": ""}
    about = Statement(
        scheme, request["chain_id"], request["registry"], request["entry_id"], request["master"], request["form"]
    )
    embed(source, UNSEALED, scheme, about.text)
    content = _content(UNSEALED, about)
    os.remove(UNSEALED)
    return {"media_type": media_type, "scheme": scheme, "content": content}


def _converted(request: dict[str, Any], progress: Progress) -> str:
    # What reads meshes takes a second to import, which most renditions need not wait for.
    if request["form"] == "resized":
        from designs.untrusted.resizing import resize

        return resize(request, CONVERTED, progress)
    from designs.untrusted.conversion import convert

    return convert(request, CONVERTED, progress)


def seal(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the file with its signed statement in it, and look whether it holds there."""
    stated = Statement.read(request["statement"].encode())
    embed(request["input"], SEALED, stated.scheme, stated.text)
    progress("seal", 0.8)
    if (stated, True) not in statements_in(SEALED):
        raise Refusal("unreadable", cause="the statement does not hold in the file")
    return {}


def _content(path: str, about: Statement) -> str:
    try:
        content = content_of(path, about)
    except NoStatement as error:
        raise Refusal("unreadable", cause=str(error)) from error
    if not content:
        raise Refusal("unreadable", cause="the statement stands twice in the file")
    return content
