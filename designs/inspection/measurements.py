"""Facts as measurements: each with its method, and when there is no value, why. For the page and for machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

_METHODS = {
    "units": gettext_lazy(
        "How long a length of 1 in the file is: by its format, by its own word, or by its creator's."
    ),
    "bounding_box": gettext_lazy("Along the file's own axes, of all points that a face uses."),
    "volume": gettext_lazy("The sum of signed tetrahedra between each face and the middle; its sign tells the inside."),
    "area": gettext_lazy("The sum of all faces."),
    "triangles": gettext_lazy("As the file has them; polygons are cut into triangles."),
    "bodies": gettext_lazy("Pieces that share no point, after points at the same place were joined."),
    "euler_number": gettext_lazy("Points − edges + faces: 2 for each closed body, less 2 for each hole through one."),
    "watertight": gettext_lazy("Whether each edge has exactly two faces, after points at the same place were joined."),
    "winding": gettext_lazy("Whether faces side by side run along their edge in opposite directions."),
    "center_of_mass": gettext_lazy("In the file's own axes, of a solid of one density."),
    "overhang": gettext_lazy(
        "Share of the area that leans out more than 45° from upright, without what stands on the bed."
    ),
    "self_intersection": gettext_lazy(
        "Faces that an edge of another face passes through by more than a millionth of the model's diagonal. Faces "
        "that only touch, or lie in one plane, do not count."
    ),
    "thinnest_wall": gettext_lazy(
        "20,000 rays inward from points spread evenly over the surface, to the wall opposite; hits on a surface that "
        "turns away more than 45° are left out. One ray in a hundred found less."
    ),
    "smallest_gap": gettext_lazy(
        "20,000 rays outward from points spread evenly over the surface, to the surface opposite, if there is one; "
        "hits on a surface that turns away more than 45° are left out. One in a hundred of the hits found less."
    ),
    "size": gettext_lazy("After decoding, upright as the image is seen."),
    "mode": gettext_lazy("As the file stores its colors."),
    "palette": gettext_lazy("Up to six colors by median cut, in sRGB, of a grid of at most 256 × 256 opaque points."),
    "transparency": gettext_lazy("Share of a grid of at most 256 × 256 points that are not opaque."),
}
_REASONS = {
    "not_stated": gettext_lazy("The file does not say it, and its creator did not."),
    "not_yet": gettext_lazy("It is not measured yet."),
    "not_watertight": gettext_lazy("The mesh is not watertight, so it has no inside."),
    "mixed_winding": gettext_lazy("The faces do not agree on which side is outside."),
    "no_volume": gettext_lazy("The mesh is closed around no volume."),
    "too_many_triangles": gettext_lazy("The mesh has too many triangles for this check."),
    "too_many_close_faces": gettext_lazy("Too many faces lie close together for this check."),
    "no_surface_opposite": gettext_lazy("Hardly any ray met a surface that faces it."),
    "timeout": gettext_lazy("The check took too long, so we stopped it."),
    "out_of_memory": gettext_lazy("The check needs too much memory."),
}
_FAILED = gettext_lazy("The check stopped in the middle. It says nothing about the file.")


@dataclass(frozen=True)
class Measurement:
    """`value` is JSON, None when there is none, and then `why` has a code. `unit` is "1", "px", the file's own unit
    of length ("unknown" if it states none), or that with a 2 or 3 behind it."""

    name: str
    value: Any
    unit: str = "1"
    why: str = ""

    @property
    def method(self) -> str:
        """How it is measured, in the active language."""
        return str(_METHODS[self.name])

    @property
    def reason(self) -> str:
        """Why there is no value, in the active language; "" when there is one."""
        return str(_REASONS.get(self.why, _FAILED)) if self.why else ""


def measurements(facts: Mapping[str, Any]) -> list[Measurement]:
    """All measurements of a file's facts; none before the inspection."""
    if "triangles" in facts:
        return _of_mesh(facts)
    return _of_image(facts) if "width" in facts else []


def wall_scale(facts: Mapping[str, Any]) -> tuple[float, float] | None:
    """The walls, in the file's unit of length, that have the first and the last color where walls are shown in colors;
    None when no wall was measured.

    From the thinnest wall to the median. Where all walls are about as thick, they all come out as thin.
    """
    walls = facts.get("checks", {}).get("walls", {}).get("percentiles", {})
    if not walls or not walls["1"] > 0:
        return None
    return walls["1"], max(walls["50"], 1.5 * walls["1"])


def _of_image(facts: Mapping[str, Any]) -> list[Measurement]:
    return [
        Measurement("size", [facts["width"], facts["height"]], "px"),
        Measurement("mode", facts["mode"]),
        _known("palette", facts, "1"),
        _known("transparency", {"transparency": facts.get("transparent_share")}, "1"),
    ]


def _of_mesh(facts: Mapping[str, Any]) -> list[Measurement]:
    unit = facts.get("units", "unknown")
    why = ""
    if not facts.get("watertight"):
        why = "not_watertight"
    elif not facts.get("winding_consistent"):
        why = "mixed_winding"
    stated = None if unit == "unknown" else unit
    return [
        Measurement("units", stated, why="" if stated else "not_stated"),
        Measurement("bounding_box", facts["bounds"]["extent"], unit),
        _known("volume", facts, f"{unit}3", why),
        Measurement("area", facts["area"], f"{unit}2"),
        Measurement("triangles", facts["triangles"]),
        Measurement("bodies", facts["bodies"]),
        _known("euler_number", facts, "1"),
        Measurement("watertight", facts["watertight"]),
        Measurement("winding", facts["winding_consistent"]),
        _known("center_of_mass", facts, unit, why or ("no_volume" if "center_of_mass" in facts else "")),
        _known("overhang", facts, "1", "mixed_winding" if facts.get("winding_consistent") is False else ""),
        *_checked(facts.get("checks", {}), unit),
    ]


def _known(name: str, facts: Mapping[str, Any], unit: str, why: str = "") -> Measurement:
    value = facts.get(name)
    return Measurement(name, value, unit, (why or "not_yet") if value is None else "")


def _checked(checks: Mapping[str, Any], unit: str) -> list[Measurement]:
    crossing = checks.get("self_intersection", {"why": "not_yet"})
    found = [Measurement("self_intersection", crossing.get("faces"), "1", crossing.get("why", ""))]
    for name, key in (("thinnest_wall", "walls"), ("smallest_gap", "gaps")):
        check = checks.get(key, {"why": "not_yet"})
        value = check.get("percentiles", {}).get("1")
        why = check.get("why", "" if value is not None else "no_surface_opposite")
        found.append(Measurement(name, value, unit, why))
    return found
