"""What Content Credentials a file brings: validated in a child, and believed only in the shape that we know."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from contracts.verifier.sentences import credentials_sentence
from designs.credentials.certificate import trust_anchors
from designs.sandbox import ChildFailed, Limits, Progress, run_child

GIBIBYTE = 1024**3
STATES = ("trusted", "valid", "invalid", "absent", "not_checked")
_LIMITS = Limits(cpu_seconds=30, wall_seconds=45, memory_bytes=2 * GIBIBYTE, file_bytes=1 << 20)
WEB_LIMITS = Limits(cpu_seconds=3, wall_seconds=5, memory_bytes=3 * GIBIBYTE // 2, file_bytes=1 << 20)
"""Where somebody waits, and a thread of the web with them. Of the memory a warm child has half for its libraries."""
_ENTRY = re.compile(r"0x[0-9a-f]{32}")
_MOST = 200


@dataclass(frozen=True)
class NamedIngredient:
    """What a file says that it was made from; `entry` is an entry of this registry, where it names one."""

    title: str
    relationship: str
    entry: str


@dataclass(frozen=True)
class FoundCredentials:
    """What a manifest says. It is a claim of whoever signed it: *trusted* says that we know the signer's authority,
    *valid* that the file is as it was signed, by somebody; *invalid* that it is not; *absent* that there is none;
    *not_checked* that it takes the whole file to say.
    """

    state: str
    failures: list[str] = field(default_factory=list)
    generator: str = ""
    title: str = ""
    signed_by: str = ""
    signed_at: str = ""
    entry: str = ""
    actions: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    ingredients: list[NamedIngredient] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The words of pages, API and command."""
        return credentials_sentence(self.state, signer=self.signed_by, say=_)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_credentials(
    path: Path,
    media_type: str,
    folder: Path,
    progress: Progress | None = None,
    *,
    beside: Path | None = None,
    limits: Limits = _LIMITS,
) -> FoundCredentials:
    """Read and validate them, without any network. Raises ChildFailed; a broken manifest is *invalid*."""
    request = {
        "input": str(path.resolve()),
        "media_type": media_type,
        "anchors": trust_anchors(),
        "beside": str(beside.resolve()) if beside else "",
    }
    return found_in(run_child("read_credentials", request, workdir=folder, limits=limits, progress=progress))


def read_credentials_beside(beside: Path, *, sha256: str, folder: Path) -> FoundCredentials:
    """The same of a manifest beside a file whose SHA-256 alone is known; for the web. Raises ChildFailed."""
    request = {"beside": str(beside.resolve()), "sha256": sha256, "anchors": trust_anchors()}
    return found_in(run_child("read_credentials_beside", request, workdir=folder, limits=WEB_LIMITS))


def found_in(reply: dict[str, Any]) -> FoundCredentials:
    """A child's words, or what was stored of them. Raises ChildFailed unless they have the shape that is known."""
    try:
        if reply["state"] not in STATES:
            raise ValueError("a state that is not known")
        return FoundCredentials(
            state=reply["state"],
            failures=_texts(reply.get("failures", [])),
            generator=_text(reply.get("generator", "")),
            title=_text(reply.get("title", "")),
            signed_by=_text(reply.get("signed_by", "")),
            signed_at=_text(reply.get("signed_at", "")),
            entry=_entry(reply.get("entry", "")),
            actions=_texts(reply.get("actions", [])),
            sources=_texts(reply.get("sources", [])),
            ingredients=[
                NamedIngredient(_text(one["title"]), _text(one["relationship"]), _entry(one["entry"]))
                for one in _listed(reply.get("ingredients", []))
            ],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChildFailed("bad_reply") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2 * _MOST + 1 or not (value.isprintable() or value == ""):
        raise ValueError("not a line of text")
    return value


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > 2 * 16:
        raise ValueError("not a short list")
    return value


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in _listed(value)]


def _entry(value: Any) -> str:
    """An entry's id, or nothing: what else a file says there means nothing here."""
    text = _text(value).lower()
    return text if _ENTRY.fullmatch(text) else ""
