"""Which forms a master can be had in, and what their files are called."""

from pathlib import PurePath

from designs.models import Design, DesignVersion, Rendition

Form = Rendition.Form

# Formats with a place for the statement.
_HOLDING = {"png", "jpeg", "webp", "glb", "3mf"}
_CONVERSIONS = {Form.GLB: {"glb"}, Form.STL: {"stl_binary", "stl_ascii"}, Form.THREEMF: {"3mf"}}
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
    "model/stl": ".stl",
    "model/3mf": ".3mf",
}


def forms_of(version: DesignVersion) -> list[Form]:
    """The forms beside the master itself, in the order in which they are shown; none before it was inspected."""
    held = version.facts.get("format", "")
    if not held:
        return []
    forms = [Form.CREDENTIALS] if held in _HOLDING else []
    if version.design.kind == Design.Kind.IMAGE:
        return [*forms, Form.RESIZED]
    return [*forms, *(form for form, same in _CONVERSIONS.items() if held not in same)]


def file_name(version: DesignVersion, form: str, media_type: str) -> str:
    """What a buyer's file is called: the master's name, its form where that tells it apart, and the right ending."""
    mark = {Form.RESIZED: "-2048", Form.CREDENTIALS: "-credentials"}.get(Form(form), "")
    return f"{PurePath(version.file_name).stem[:150]}{mark}{_ENDINGS[media_type]}"
