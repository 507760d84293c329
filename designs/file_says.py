"""What a file says of its own making beside what its creator says, in words for pages."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from designs.models import DesignVersion, Disclosure, FileCredentials

FIELDS = ("model_name", "model_version", "prompt", "seed", "parameters", "tools")
PRIVATE = ("prompt",)
# Of IPTC's digital source types, those by which an AI model had a part.
_MADE_BY_AI = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
_LABELS = {
    "model_name": gettext_lazy("Model or program"),
    "model_version": gettext_lazy("Version"),
    "prompt": gettext_lazy("Prompt"),
    "seed": gettext_lazy("Seed"),
    "parameters": gettext_lazy("Parameters"),
    "tools": gettext_lazy("Tools"),
}
_NOTES = {
    "text_too_long": gettext_lazy("A text in the file is too long to be read, and was left out."),
    "text_damaged": gettext_lazy("A text in the file is damaged, and was left out."),
    "xmp_unreadable": gettext_lazy("The file's XMP cannot be read, and was left out."),
    "not_read": gettext_lazy("What the file says of its making could not be read. Nothing depends on it."),
}


@dataclass(frozen=True)
class SaidField:
    """One field: what the file says, and how the draft stands to it."""

    name: str
    value: Any
    marked: bool
    same: bool
    empty: bool

    @property
    def label(self) -> str:
        return str(_LABELS[self.name])

    @property
    def private(self) -> bool:
        return self.name in PRIVATE

    @property
    def text(self) -> str:
        if isinstance(self.value, dict):
            return "; ".join(f"{key}: {value}" for key, value in self.value.items())
        return ", ".join(self.value) if isinstance(self.value, list) else str(self.value)


@dataclass(frozen=True)
class FileSays:
    """A version's file against the disclosure (Disclosure) that its creator states."""

    version: DesignVersion
    disclosure: str

    @cached_property
    def _said(self) -> dict[str, Any]:
        return self.version.file_says or {}

    @property
    def anything(self) -> bool:
        return bool(self._said.get("fields") or self._said.get("lines") or self.notes or self.why)

    @property
    def generator(self) -> str:
        return str(self._said.get("generator", ""))

    @cached_property
    def fields(self) -> list[SaidField]:
        stated = self._said.get("fields", {})
        now = {name: getattr(self.version, name) for name in FIELDS}
        marked = self.version.read_from_file
        return [
            SaidField(name, stated[name], name in marked, now[name] == stated[name], not now[name])
            for name in FIELDS
            if name in stated
        ]

    @property
    def lines(self) -> list[list[str]]:
        return list(self._said.get("lines", []))

    @property
    def lines_text(self) -> str:
        return "; ".join(f"{name}: {text}" for _place, name, text in self.lines)

    @property
    def notes(self) -> list[str]:
        return [str(_NOTES[note]) for note in self._said.get("notes", []) if note in _NOTES]

    @property
    def marked_names(self) -> str:
        return ", ".join(str(_LABELS[name]) for name in FIELDS if name in self.version.read_from_file)

    @property
    def contradicts(self) -> str:
        """“says_ai” where the file, or who signed it, names a generator or IPTC type of AI and its creator says that
        none had a part;
        “says_no_ai” where it says that it was captured or drawn, and its creator that a model made it."""
        says_ai = self._said.get("says_ai")
        if (says_ai is True or self._signed_as_ai) and self.disclosure == Disclosure.NOT_AI:
            return "says_ai"
        if says_ai is False and self.disclosure == Disclosure.AI_GENERATED:
            return "says_no_ai"
        return ""

    @cached_property
    def _signed_as_ai(self) -> list[str]:
        """The digital source types of AI in its Content Credentials, where it still is as somebody signed it."""
        found = getattr(self.version, "credentials", None)
        if found is None or found.state not in (FileCredentials.State.TRUSTED, FileCredentials.State.VALID):
            return []
        return [source for source in found.said.get("sources", []) if source in _MADE_BY_AI]

    @property
    def why(self) -> str:
        """What in the file speaks of AI."""
        parts = []
        if self.generator:
            parts.append(_("settings of %(name)s") % {"name": self.generator})
        if source_type := self._said.get("source_type"):
            parts.append(_("IPTC digital source type “%(code)s”") % {"code": source_type})
        parts += [
            _("Content Credentials with the source type “%(code)s”") % {"code": one} for one in self._signed_as_ai
        ]
        return ", ".join(parts)
