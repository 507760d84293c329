"""What we show of a file: derivatives rendered from the very bytes that are sold, never the bytes themselves."""

from .files import PreviewError, PreviewFile
from .render import (
    make_derivatives,
    make_viewer,
    render_cover,
    render_first,
    render_large_cover,
    render_previews,
)

__all__ = [
    "PreviewError",
    "PreviewFile",
    "make_derivatives",
    "make_viewer",
    "render_cover",
    "render_first",
    "render_large_cover",
    "render_previews",
]
