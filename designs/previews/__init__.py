"""What we show of a file: derivatives rendered from the very bytes that are sold, never the bytes themselves."""

from .files import PreviewError, PreviewFile
from .render import (
    draw_walls,
    draw_wireframe,
    make_derivatives,
    make_viewer,
    render_clay,
    render_cover,
    render_first,
    render_large_cover,
    render_previews,
)

__all__ = [
    "PreviewError",
    "PreviewFile",
    "draw_walls",
    "draw_wireframe",
    "make_derivatives",
    "make_viewer",
    "render_clay",
    "render_cover",
    "render_first",
    "render_large_cover",
    "render_previews",
]
