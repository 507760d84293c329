"""What pages say of a design's file and of its standing: facts as lines, marks as tones, preview addresses."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contracts.selectors import ActionStatus
from designs.file_credentials import credentials_of
from designs.inspection import Measurement, measurements, wall_scale
from designs.models import Design, DesignVersion, LengthUnit, Preview, PublicCopy, Reference
from designs.resources import with_resources
from designs.selectors import Picture, picture_of, preview_name, standing_copies

register = template.Library()

register.simple_tag(credentials_of, name="file_credentials")

MILLIMETERS = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "um": 0.001, "in": 25.4, "ft": 304.8}
_NOTES = {
    "texture_elsewhere": gettext_lazy("a texture that lies in another file"),
    "beam_lattice": gettext_lazy("the beams of a beam lattice"),
    "slices": gettext_lazy("ready-made slices"),
}
_HINTS = {
    "tessellated": gettext_lazy("exact surfaces, measured and shown as triangles within 0.02 mm and 11° of them"),
    "production": gettext_lazy("objects in parts of their own, for production"),
    "supports": gettext_lazy("supports, shown as part of the model"),
}
_FACT_NAMES = {
    "units": gettext_lazy("Units"),
    "bounding_box": gettext_lazy("Size"),
    "volume": gettext_lazy("Volume"),
    "area": gettext_lazy("Area"),
    "triangles": gettext_lazy("Triangles"),
    "bodies": gettext_lazy("Bodies"),
    "euler_number": gettext_lazy("Euler number"),
    "watertight": gettext_lazy("Watertight"),
    "winding": gettext_lazy("Winding"),
    "center_of_mass": gettext_lazy("Center of mass"),
    "overhang": gettext_lazy("Overhang"),
    "self_intersection": gettext_lazy("Faces that cross"),
    "thinnest_wall": gettext_lazy("Thinnest wall"),
    "smallest_gap": gettext_lazy("Smallest gap"),
    "size": gettext_lazy("Size"),
    "mode": gettext_lazy("Colors"),
    "palette": gettext_lazy("Main colors"),
    "transparency": gettext_lazy("Transparency"),
}
GROUPED_FROM = 10_000


@register.simple_tag
def references_of(version: DesignVersion) -> list[Reference]:
    """What it was made with, each with what is registered under its entry."""
    return with_resources(version.references.all())


@register.simple_tag
def public_copies(version: DesignVersion) -> list[PublicCopy]:
    """Its encrypted copies that everybody can fetch."""
    return standing_copies(version)


@register.simple_tag
def preview_url(design: Design, preview: Preview | None) -> str:
    """Address of a preview as it is now: of its bytes, for ever; "" when there is none."""
    if preview is None:
        return ""
    return reverse("designs:preview", args=[design.public_id, preview.pk, preview_name(preview)])


@register.simple_tag
def cover_of(design: Design) -> Picture:
    """The cover of a design's newest version, from what was prefetched (versions__previews)."""
    newest = max(design.versions.all(), key=lambda version: version.number)
    return picture_of(design, newest.previews.all())


@register.simple_tag
def chain_marks(
    status: ActionStatus, claim_order: int | None = None, entry_state: str = "active"
) -> list[dict[str, str]]:
    """A card's marks: where the entry stands on chain, what became of it, and whether the file was claimed before."""
    marks = [_anchored_mark(status)] if status.code != "none" else []
    if claim_order and claim_order > 1:
        marks.append({"tone": "none", "label": _("later claim")})
    states = {
        "contested": {"tone": "pending", "label": _("contested")},
        "suspended": {"tone": "broken", "label": _("suspended")},
        "withdrawn": {"tone": "none", "label": _("withdrawn")},
    }
    return [*marks, states[entry_state]] if entry_state in states else marks


def _anchored_mark(status: ActionStatus) -> dict[str, str]:
    if status.code == "final":
        return {"tone": "proof", "label": _("anchored")}
    return {"tone": "broken" if status.code == "failed" else "pending", "label": status.label}


@register.filter
def fact_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Facts of a file (designs.inspection.facts) as (name, value) lines. Empty before the inspection."""
    if "triangles" in facts:
        return _mesh_lines(facts)
    return _image_lines(facts) if "width" in facts else []


@register.filter
def measured(facts: dict[str, Any]) -> list[tuple[str, Measurement]]:
    """Each measurement of a file with its name for people."""
    return [(str(_FACT_NAMES[one.name]), one) for one in measurements(facts)]


SMALLEST_MILLIMETERS, LARGEST_MILLIMETERS = 0.01, 100_000


@register.filter
def frame_question(facts: dict[str, Any]) -> str:
    """What to ask the creator about a mesh's unit; "" when nothing seems amiss. A question, never a refusal."""
    if "bounds" not in facts:
        return ""
    scale, unit = _scale(facts.get("units", ""))
    if unit != "mm":
        return _("The file does not say how long a unit is. State it, so that buyers see real sizes.")
    longest = max(facts["bounds"]["extent"]) * scale
    if SMALLEST_MILLIMETERS <= longest <= LARGEST_MILLIMETERS:
        return ""
    size = _("%(size)s m") % {"size": _figure(longest / 1000)} if longest > 1 else f"{longest:.2g} mm"
    if facts.get("units_from") == "creator":
        return _("With the unit that you stated, the longest side is %(size)s. Is that right?") % {"size": size}
    return _("By its file, the longest side is %(size)s. If that is wrong, export it in another unit.") % {"size": size}


@register.filter
def described(facts: dict[str, Any]) -> str:
    """What is on the stage, in a sentence, for everybody who cannot see it: kind, size, and facts of its form."""
    if "triangles" in facts:
        return _("3D model: %(facts)s.") % {"facts": ", ".join([*_size_words(facts), *_mesh_words(facts)])}
    if "width" not in facts:
        return ""
    size = _("%(width)s × %(height)s px") % {"width": facts["width"], "height": facts["height"]}
    alpha = _("with transparency") if facts.get("has_alpha") else _("without transparency")
    return _("Image: %(facts)s.") % {"facts": f"{size}, {alpha}"}


@register.simple_tag
def viewer_sizes(facts: dict[str, Any] | None) -> dict[str, str]:
    """Width, height and depth of a mesh as its viewer turns it, y up; empty when they are not known."""
    if not facts or "bounds" not in facts:
        return {}
    scale, unit = _scale(facts.get("units", ""))
    across, second, third = (f"{_figure(side * scale)} {unit}" for side in facts["bounds"]["extent"])
    y_up = facts.get("up_axis", "y") == "y"
    return {"x": across, "y": second if y_up else third, "z": third if y_up else second}


@register.simple_tag
def wall_legend(facts: dict[str, Any] | None) -> dict[str, str]:
    """Ends of the colors that show walls, `thin` and `thick` with their unit, and `method`; empty without a scale."""
    ends = wall_scale(facts or {})
    if not facts or not ends:
        return {}
    scale, unit = _scale(facts.get("units", ""))
    thin, thick = (f"{_thin(length * scale)} {unit}" for length in ends)
    method = next(one.method for one in measurements(facts) if one.name == "thinnest_wall")
    return {"thin": thin, "thick": thick, "method": method}


def _size_words(facts: dict[str, Any]) -> list[str]:
    if "bounds" not in facts:
        return []
    scale, unit = _scale(facts.get("units", ""))
    return [" × ".join(_figure(side * scale) for side in facts["bounds"]["extent"]) + f" {unit}"]


def _format_name(facts: dict[str, Any]) -> str:
    written = {"stl_binary": _("STL, binary"), "stl_ascii": _("STL, as text"), "webp": "WebP"}
    written |= {"obj_zip": _("OBJ, in a ZIP"), "gltf": "glTF", "gltf_zip": _("glTF, in a ZIP")}
    kind = str(facts.get("format", ""))
    return written.get(kind) or kind.upper()


def _image_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    megapixels = _figure(facts["width"] * facts["height"] / 1_000_000)
    alpha = _("with transparency") if facts.get("has_alpha") else _("without transparency")
    # What is inspected before there was this fact has none; eight bits go without saying.
    depth = _("%(bits)s bits a channel") % facts + ", " if facts.get("bits", 0) > 8 else ""
    profile = _("embedded") if facts.get("has_color_profile") else _("none: read as sRGB")
    return [
        (_("Format"), _format_name(facts)),
        (_("Size"), f"{facts['width']} × {facts['height']} px ({megapixels} MP)"),
        (_("Colors"), f"{facts.get('mode', '')}, {depth}{alpha}"),
        *_transparency_lines(facts),
        *_palette_lines(facts),
        (_("Color profile"), profile),
    ]


def _transparency_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    if not facts.get("has_alpha") or "transparent_share" not in facts:
        return []
    share = _("%(share)s of the pixels let something through") % {"share": _percent(facts["transparent_share"])}
    return [(_("Transparency"), share)]


def _palette_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    palette = [f"{one['color']} ({_percent(one['share'])})" for one in facts.get("palette", [])]
    return [(_("Main colors"), ", ".join(palette))] if palette else []


def _mesh_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    scale, unit = _scale(facts.get("units", ""))
    lines = [(_("Format"), _format_name(facts))]
    lines += [(_("Size"), size) for size in _size_words(facts)]
    lines.append((_("Mesh"), ", ".join(_mesh_words(facts))))
    known = scale if unit == "mm" else 0
    if facts.get("volume"):
        lines.append((_("Volume, area"), f"{_volume(facts['volume'], known)}, {_area(facts.get('area', 0), known)}"))
    elif facts.get("area"):
        lines.append((_("Area"), _area(facts["area"], known)))
    if "euler_number" in facts:
        lines.append((_("Euler number"), number_format(facts["euler_number"], force_grouping=True)))
    lines += [
        (str(_FACT_NAMES[one.name]), _figured(one, scale, unit)) for one in measurements(facts) if one.name in _SHOWN
    ]
    if facts.get("degenerate_triangles"):
        lines.append((_("Flat triangles"), number_format(facts["degenerate_triangles"], force_grouping=True)))
    looks = [word for key, word in (("has_colors", _("colors")), ("has_textures", _("textures"))) if facts.get(key)]
    lines.append((_("Surface"), ", ".join(looks) if looks else _("shape only, no colors")))
    if unit != "mm":
        lines.append((_("Units"), _("the file states none; usually millimeters")))
    elif facts.get("units_from") == "creator":
        lines.append((_("Units"), _("%(unit)s, stated by the creator") % {"unit": LengthUnit(facts["units"]).label}))
    elif facts.get("units_from") == "file":
        lines.append((_("Units"), _("%(unit)s, by the file") % {"unit": LengthUnit(facts["units"]).label}))
    if facts.get("up_from") == "creator":
        lines.append((_("Up axis"), _("%(axis)s, stated by the creator") % {"axis": facts["up_axis"].upper()}))
    if notes := [str(_NOTES[note]) for note in facts.get("notes", []) if note in _NOTES]:
        lines.append((_("Not shown here"), "; ".join(notes)))
    if hints := [str(_HINTS[note]) for note in facts.get("notes", []) if note in _HINTS]:
        lines.append((_("Contains"), "; ".join(hints)))
    return lines


_SHOWN = {"self_intersection", "thinnest_wall", "smallest_gap", "overhang", "center_of_mass"}


def _figured(one: Measurement, scale: float, unit: str) -> str:
    """A measurement's value as people read it; when there is none, why."""
    if one.value is None:
        return one.reason
    if one.name == "self_intersection":
        return number_format(one.value, force_grouping=True) if one.value else _("none found")
    if one.name == "overhang":
        return _("%(share)s of the area") % {"share": _percent(one.value)}
    if one.name == "center_of_mass":
        return ", ".join(_figure(value * scale) for value in one.value) + f" {unit}"
    return f"{_thin(one.value * scale)} {unit}"


def _thin(value: float) -> str:
    """With two decimals: walls and gaps are often below a millimeter."""
    return number_format(round(value, 2), 2, force_grouping=value >= GROUPED_FROM)


def _percent(share: float) -> str:
    return f"{number_format(round(share * 100, 1), 1)} %"


def _scale(units: str) -> tuple[float, str]:
    """Factor to what is shown, and its name. A format without units is shown in its own numbers."""
    if units in MILLIMETERS:
        return MILLIMETERS[units], "mm"
    return 1, _("units")


def _mesh_words(facts: dict[str, Any]) -> list[str]:
    count = facts["triangles"]
    triangles = ngettext("%(count)s triangle", "%(count)s triangles", count) % {
        "count": number_format(count, force_grouping=True)
    }
    words = [triangles, _("watertight") if facts.get("watertight") else _("not watertight")]
    if bodies := facts.get("bodies"):
        words.append(ngettext("%(count)s body", "%(count)s bodies", bodies) % {"count": bodies})
    if facts.get("inside_out"):
        words.append(_("inside out"))
    elif facts.get("winding_consistent") is False:
        words.append(_("mixed winding"))
    return words


def _figure(value: float) -> str:
    """With one decimal, rounded: number_format alone would cut. Nothing is less than nothing: no minus before 0.0."""
    return number_format(round(value, 1) + 0.0, 1, force_grouping=value >= GROUPED_FROM)


def _volume(value: float, scale: float) -> str:
    if not scale:
        return _figure(value)
    return f"{_figure(value * scale**3 / 1000)} cm³"


def _area(value: float, scale: float) -> str:
    if not scale:
        return _figure(value)
    return f"{_figure(value * scale**2 / 100)} cm²"
