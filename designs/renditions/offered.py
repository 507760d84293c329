"""Which forms a master can be had in, and what their files are called."""

from pathlib import PurePath

from designs.credentials import EMBEDDING, signing_certificate
from designs.models import Design, DesignVersion, Rendition

Form = Rendition.Form

# Formats with a place for the statement.
_HOLDING = {"png", "jpeg", "webp", "glb", "3mf", "step"}
_CONVERSIONS = {Form.GLB: {"glb"}, Form.STL: {"stl_binary", "stl_ascii"}, Form.THREEMF: {"3mf"}}
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
    "model/stl": ".stl",
    "model/3mf": ".3mf",
    "model/step": ".step",
    "application/c2pa": ".c2pa",
}


def forms_of(version: DesignVersion) -> list[Form]:
    """The forms beside the master itself, in the order in which they are shown; none before it was inspected.

    Content Credentials beside the file are offered for what cannot hold them, while a certificate signs.
    """
    held = version.facts.get("format", "")
    if not held:
        return []
    forms = [Form.CREDENTIALS] if held in _HOLDING else []
    if version.design.kind == Design.Kind.IMAGE:
        forms.append(Form.RESIZED)
    else:
        forms += [form for form, same in _CONVERSIONS.items() if held not in same]
    beside = version.master.media_type not in EMBEDDING and signing_certificate() is not None
    return [*forms, Form.SIDECAR] if beside else forms


def file_name(version: DesignVersion, form: str, media_type: str) -> str:
    """What a buyer's file is called: the master's name, its form where that tells it apart, and the right ending."""
    mark = {Form.RESIZED: "-2048", Form.CREDENTIALS: "-credentials"}.get(Form(form), "")
    return f"{PurePath(version.file_name).stem[:150]}{mark}{_ENDINGS[media_type]}"
