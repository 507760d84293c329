"""What a preview step gives, and how it fails."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from designs.errors import DesignError


@dataclass(frozen=True)
class PreviewFile:
    """One file to show. Width and height in pixels, 0 for a viewer model.

    Kinds: "first" (small and rough, until there are images), "image" (for the page, in several widths and encodings),
    "blur" (tiny, shown first), "cover" (the rendered picture that images are derived from, not for the page), "clay",
    "wireframe" and "walls" (stills of the shape, of its triangles, and of where it is thin), "viewer" and
    "viewer_light" (GLB, the second with few triangles). `notes` says what was done to it.
    """

    kind: str
    path: Path
    width: int
    height: int
    media_type: str
    notes: dict[str, Any] = field(default_factory=dict)


class PreviewError(DesignError):
    """A preview could not be made. With `retryable`, the same step may work later; otherwise the file is at fault."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(code, message)
        self.retryable = retryable
