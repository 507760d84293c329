"""What a file says of its own making: a claim of whoever wrote it, read up to limits and never run."""

import re
from collections.abc import Callable
from typing import Any

from designs.untrusted import model_texts
from designs.untrusted.carried import Carried, carried_by
from designs.untrusted.generators import MAX_PROMPT, Run, run_of
from designs.untrusted.refusal import Refusal
from designs.untrusted.xmp import readable

Progress = Callable[[str, float], None]

MAX_LINES = 40
MAX_LINE = 400
MAX_NAME = 80
# Codes of https://cv.iptc.org/newscodes/digitalsourcetype/ that say what part AI had; the others say nothing of it.
_MADE_BY_AI = {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"}
_MADE_WITHOUT = {
    "digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "humanEdits", "minorHumanEdits",
    "digitalCreation", "digitalArt", "screenCapture",
}  # fmt: skip
_SOURCE_TYPE = re.compile(r"(?:digitalsourcetype/)?([A-Za-z]{3,60})/?\s*$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_PNG_LINES = ("Software", "Title", "Author", "Description", "Copyright", "Creation Time", "Source")
_XMP_LINES = ("xmp:CreatorTool", "dc:creator", "dc:title", "dc:description", "dc:rights", "xmp:CreateDate",
              "photoshop:Credit", "Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:DigImageGUID")  # fmt: skip
_EXIF_LINES = {"software": "Software", "artist": "Artist", "taken_at": "DateTimeOriginal", "changed_at": "DateTime",
               "description": "ImageDescription"}  # fmt: skip


class _Said:
    """The reply as it grows."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.source_type = ""
        self.tools: list[str] = []
        self.lines: list[list[str]] = []
        self.notes: set[str] = set()

    def line(self, place: str, name: str, value: str) -> None:
        text = _clean(value)[:MAX_LINE]
        if text and len(self.lines) < MAX_LINES:
            self.lines.append([place, _clean(name)[:MAX_NAME], text])

    def tool(self, name: str) -> None:
        name = _in_one_line(name, 160)
        if name and name not in self.tools and len(self.tools) < 8:
            self.tools.append(name)

    def digital_source(self, value: str) -> None:
        code = _SOURCE_TYPE.search(value)
        if code and not self.source_type:
            self.source_type = code[1]

    def xmp(self, place: str, properties: dict[str, str]) -> None:
        for name in _XMP_LINES:
            self.line(place, name, properties.get(name, ""))
        self.tool(properties.get("xmp:CreatorTool", ""))
        self.digital_source(properties.get("Iptc4xmpExt:DigitalSourceType", ""))

    def reply(self) -> dict[str, Any]:
        run = self.run
        fields: dict[str, Any] = {}
        if run is not None:
            tool = _in_one_line(run.tool, 160)
            self.tools = [tool, *(other for other in self.tools if other != tool)][:8]
            fields = {
                "model_name": _in_one_line(run.model_name, 160),
                "model_version": _in_one_line(run.model_version, 80),
                "prompt": _clean(run.prompt)[:MAX_PROMPT],
                "seed": _clean(run.seed)[:80],
                "parameters": {
                    _clean(name)[:MAX_NAME]: _clean(value) if isinstance(value, str) else value
                    for name, value in run.parameters.items()
                },
            }
        fields["tools"] = [tool for tool in self.tools if tool]
        says_ai: bool | None = None
        if run is not None or self.source_type in _MADE_BY_AI:
            says_ai = True
        elif self.source_type in _MADE_WITHOUT:
            says_ai = False
        return {
            "generator": run.generator if run else "",
            "source_type": self.source_type,
            "says_ai": says_ai,
            "fields": {name: value for name, value in fields.items() if value},
            "lines": self.lines,
            "notes": sorted(self.notes),
        }


def read(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """What the file says. Raises Refusal only where the file itself cannot be read; an odd text is passed over."""
    form, path = request["format"], request["input"]
    said = _Said()
    if form in ("png", "jpeg", "webp", "avif", "tiff"):
        _image(carried_by(path, form, max_pixels=request["max_pixels"]), said)
    elif form == "3mf":
        for name, value in _quietly(said, lambda: model_texts.of_3mf(path)).items():
            said.line("3MF", name, value)
            if name == "Application":
                said.tool(value)
    elif form in ("glb", "gltf", "gltf_zip"):
        lines, properties = model_texts.of_gltf(path, form)
        for name, value in lines.items():
            said.line("glTF asset", name, value)
        said.tool(lines.get("generator", ""))
        said.xmp("glTF XMP", properties)
    elif form == "step":
        lines = model_texts.of_step(path)
        for name, value in lines.items():
            said.line("STEP header", name, value)
        said.tool(lines.get("FILE_NAME originating system", "") or lines.get("FILE_NAME preprocessor", ""))
    progress("read", 1.0)
    return said.reply()


def _quietly(said: _Said, reader: Callable[[], dict[str, str]]) -> dict[str, str]:
    try:
        return reader()
    except Refusal:
        said.notes.add("text_damaged")
        return {}


def _image(carried: Carried, said: _Said) -> None:
    said.notes |= carried.notes
    exif = carried.exif
    said.run = run_of(carried.texts, exif.comment, (exif.description, exif.make, exif.camera)) or run_of(carried.hidden)
    prompts = ("Description",) if said.run else ()
    for place, texts in (("PNG", carried.texts), ("PNG alpha channel", carried.hidden)):
        for name in _PNG_LINES:
            if name not in prompts:
                said.line(place, name, texts.get(name, ""))
    for key, name in _EXIF_LINES.items():
        if not (said.run and key == "description"):
            said.line("EXIF", name, getattr(exif, key))
    for software in (carried.texts.get("Software", ""), exif.software):
        said.tool(software)
    if carried.xmp:
        said.xmp("XMP", readable(carried.xmp, said.notes))


def _in_one_line(text: str, length: int) -> str:
    return " ".join(_clean(text).split())[:length]


def _clean(text: str) -> str:
    """Without what no field can keep: control characters, and halves of characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
