"""Why a file is refused: codes for programs, sentences for people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from designs.errors import DesignError

_SENTENCES = {
    "unknown_type": gettext_lazy(
        "This is not a kind of file we take. Upload an image as PNG, JPEG, WebP, AVIF or TIFF, or a mesh as GLB, glTF, "
        "STL, 3MF, STEP, OBJ, PLY or OFF; a model with files beside it as one ZIP."
    ),
    "not_what_its_name_says": gettext_lazy(
        "The file's name ends in “%(extension)s”, but its content is %(found)s. Rename it, or export it again."
    ),
    "empty": gettext_lazy("The file is empty. Export it again and check its size before you upload it."),
    "truncated": gettext_lazy(
        "The file ends too early: a part of it is missing. Export or copy it again, then upload the whole file."
    ),
    "size_mismatch": gettext_lazy(
        "The file says how long it is, and it is longer. Export it again with another program or version."
    ),
    "no_triangles": gettext_lazy("The mesh has no triangles. Check that the object was selected when you exported it."),
    "too_large": gettext_lazy("The file is too large to be read. Make it smaller and upload it again."),
    "too_many_pixels": gettext_lazy(
        "The image has more than %(max_megapixels)s million pixels. Reduce its size and upload it again."
    ),
    "too_many_triangles": gettext_lazy(
        "The mesh has more than %(max_triangles)s triangles. Simplify it and upload it again."
    ),
    "too_many_parts": gettext_lazy(
        "The model has more than %(max_parts)s parts. Join some of them and upload it again."
    ),
    "not_finite": gettext_lazy(
        "The mesh has coordinates that are not numbers, or are endless. Repair it in your modeling program."
    ),
    "animated": gettext_lazy("The image is animated. Export one frame of it as a still image."),
    "several_pages": gettext_lazy(
        "The image has several pages or layers. Export one of them, flattened, as a still image."
    ),
    "drawing": gettext_lazy(
        "An SVG is a program as much as a picture, so we do not open it. Export it as a PNG, at least 2000 pixels "
        "wide, and upload that; add the SVG as the source file."
    ),
    "color_mode": gettext_lazy(
        "The image has colors of a kind that we do not read (%(mode)s). Export it in RGB or CMYK."
    ),
    "external_reference": gettext_lazy(
        "The model refers to another file (%(reference)s). Export it again with everything embedded, "
        "or pack it in a ZIP with what it refers to."
    ),
    "needs_extension": gettext_lazy(
        "The model needs “%(extension)s”, which we do not read. Export it again without it."
    ),
    "out_of_bounds": gettext_lazy(
        "The model points outside its own data. Export it again with another program or version."
    ),
    "texture_unreadable": gettext_lazy(
        "A texture of the model cannot be read. Save it again as PNG or JPEG, and export the model anew."
    ),
    "node_cycle": gettext_lazy(
        "A part of the model contains itself, or stands in two others. Export it again with another program."
    ),
    "archive_damaged": gettext_lazy(
        "The archive's list of its files does not fit what is in it. Export or pack it again."
    ),
    "archive_too_many": gettext_lazy(
        "The archive has more than %(max_members)s files in it. Pack only what belongs to the model."
    ),
    "archive_too_large": gettext_lazy(
        "Unpacked, the archive is larger than %(max_megabytes)s MB. Simplify the model and upload it again."
    ),
    "archive_bomb": gettext_lazy(
        "The archive unpacks to far more than it should. Export or pack it again with another program."
    ),
    "archive_encrypted": gettext_lazy(
        "The archive is encrypted, so we cannot look into it. Save it without a password and upload it again."
    ),
    "archive_method": gettext_lazy(
        "The archive is packed by a method that we do not read. Pack it as an ordinary ZIP and upload it again."
    ),
    "archive_escapes": gettext_lazy(
        "The archive names a file outside itself (%(name)s). Pack it again with plain names of files and folders."
    ),
    "archive_no_model": gettext_lazy(
        "The ZIP has no model in it. Pack one OBJ or glTF with its materials and textures, or upload the file itself."
    ),
    "archive_two_models": gettext_lazy(
        "The ZIP has more than one model in it (%(name)s). Pack each with what it needs, and upload them one by one."
    ),
    "archive_other_files": gettext_lazy(
        "The ZIP has a file in it that belongs to no model (%(name)s). Leave it out: buyers get the ZIP as it is."
    ),
    "xml_doctype": gettext_lazy(
        "The model's XML declares a document type, which 3MF does not allow. Export it again with another program."
    ),
    "xml_encoding": gettext_lazy(
        "The model's XML is not written in UTF-8, as 3MF asks. Export it again with another program or version."
    ),
    "xml_broken": gettext_lazy(
        "The model's XML is broken at line %(line)s. Export it again with another program or version."
    ),
    "3mf_no_model": gettext_lazy(
        "The file is packed like a 3MF, but does not say which part of it is the model. Export it again as 3MF."
    ),
    "3mf_ambiguous": gettext_lazy(
        "The 3MF has two of what there can be one of (%(what)s). Export it again as one model."
    ),
    "3mf_missing_part": gettext_lazy(
        "The 3MF refers to a part that is not in it (%(part)s). Export it again with everything embedded."
    ),
    "3mf_misplaced": gettext_lazy(
        "In the 3MF, “%(what)s” stands where it may not. Export it again with another program or version."
    ),
    "3mf_missing_element": gettext_lazy(
        "In the 3MF, “%(what)s” is missing. Export it again with another program or version."
    ),
    "3mf_missing_attribute": gettext_lazy(
        "In the 3MF, “%(what)s” is missing from something that needs it. Export it again with another program."
    ),
    "3mf_duplicate": gettext_lazy(
        "In the 3MF, “%(what)s” is given twice. Export it again with another program or version."
    ),
    "3mf_broken_reference": gettext_lazy(
        "The 3MF refers to something that is not in it, or of the wrong kind (%(what)s). Export it again."
    ),
    "3mf_bad_value": gettext_lazy(
        "The 3MF has a value that is not allowed (%(what)s). Export it again with another program or version."
    ),
    "3mf_nested": gettext_lazy(
        "An object of the 3MF contains itself, or is nested more than %(max_depth)s deep. Simplify how it is built."
    ),
    "step_broken": gettext_lazy(
        "The STEP file cannot be read: it is damaged, or has no solids or surfaces in it. Export it again as AP214 or "
        "AP242, with the bodies selected."
    ),
    "step_too_large": gettext_lazy(
        "The STEP file has more than %(max_megabytes)s MB, or more than 500,000 entities. Export fewer parts at once, "
        "or a mesh."
    ),
    "step_too_deep": gettext_lazy(
        "In the STEP file, things refer to each other more than %(max_depth)s deep. Simplify how it is assembled."
    ),
    "step_cycle": gettext_lazy(
        "Something in the STEP file leads back to itself. Export it again with another program or version."
    ),
    "timeout": gettext_lazy(
        "Reading the file took too long, so we stopped. Simplify it and upload it again; nothing was lost."
    ),
    "out_of_memory": gettext_lazy(
        "Reading the file needs too much memory. Simplify it and upload it again; nothing was lost."
    ),
    "killed": gettext_lazy("Reading the file was interrupted. Nothing was lost; try again."),
    "crashed": gettext_lazy(
        "Reading the file stopped in the middle. Nothing was lost; try again, and if it happens again, export it anew."
    ),
    "unreadable": gettext_lazy(
        "The file cannot be read: it is damaged or not quite its format. Export it again and upload it."
    ),
}

TRANSIENT = {"killed", "crashed"}
"""Codes that may be our machine's fault and not the file's: worth another attempt."""


def sentence(code: str, details: Mapping[str, Any] | None = None) -> str:
    """What to tell the uploader in the active language: what is wrong and what to do."""
    text = str(_SENTENCES.get(code, _SENTENCES["unreadable"]))
    try:
        return text % (details or {})
    except (KeyError, TypeError, ValueError):
        return _("The file cannot be read. Export it again and upload it.")


class InspectionError(DesignError):
    """A file is refused. `code` and `details` let it be said again in another language; `str()` says it now.

    With `retryable` the same file may pass later.
    """

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, sentence(code, details))
        self.retryable = code in TRANSIENT
        self.details = dict(details or {})
