"""Other forms of a master, made in child processes, with the operator's signed statement in them or beside them."""

from .make import MadeRendition, RenditionError, make_rendition
from .offered import file_name, forms_of

__all__ = ["MadeRendition", "RenditionError", "file_name", "forms_of", "make_rendition"]
