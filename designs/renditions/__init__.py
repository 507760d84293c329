"""Other forms of a master, made in child processes, with the operator's signed statement in them or beside them."""

from .make import MadeRendition, RenditionError, about_manifest, make_rendition
from .offered import file_name, forms_of

__all__ = ["MadeRendition", "RenditionError", "about_manifest", "file_name", "forms_of", "make_rendition"]
