"""3MF: what its build places is measured in its own unit; what breaks the format or hides a bomb is refused."""

import pytest

from designs.inspection import FileLimits, sentence
from designs.tests.archives import (
    RELATIONS,
    TYPES,
    cube_mesh,
    model_xml,
    overlapping,
    patched,
    threemf,
    zipped,
)
from designs.tests.many import outcomes
from designs.tests.samples import image_bytes

LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)
CUBE = f'<object id="1" type="model">{cube_mesh()}</object>'
COLORS = (
    '<basematerials id="5"><base name="red" displaycolor="#FF0000"/>'
    '<base name="blue" displaycolor="#0000FFFF"/></basematerials>'
)
TEXTURE = (
    '<m:texture2d id="6" path="/3D/skin.png" contenttype="image/png"/>'
    '<m:texture2dgroup id="7" texid="6"><m:tex2coord u="0" v="0"/><m:tex2coord u="1" v="1"/></m:texture2dgroup>'
)
BEAMS = "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
SLICES = "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"


def solid(per_triangle: str) -> str:
    return f'<object id="1">{cube_mesh(per_triangle=per_triangle)}</object>'


def unpacked(model: bytes) -> bytes:
    """A 3MF whose members are not compressed, so that none is refused for its ratio."""
    return zipped({"[Content_Types].xml": TYPES, "_rels/.rels": RELATIONS, "3D/3dmodel.model": model}, stored=True)


def nested(levels: int, wide: int) -> bytes:
    """Objects that each place the one below so many times."""
    objects = CUBE + "".join(
        f'<object id="{level + 2}"><components>'
        + f'<component objectid="{level + 1}"/>' * wide
        + "</components></object>"
        for level in range(levels)
    )
    return threemf(model_xml(resources=objects, build=f'<item objectid="{levels + 1}"/>'))


def test_builds_are_measured_as_they_are_placed(tmp_path):
    painted = cube_mesh(per_triangle='pid="5" p1="0" p2="1"')
    textured = cube_mesh(per_triangle='pid="7" p1="0" p2="1" p3="0"')
    twice = '<item objectid="1"/><item objectid="1" transform="2 0 0 0 2 0 0 0 2 100 0 0"/>'
    mirrored = '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>'
    part = f'<item objectid="1" p:path="/3D/a.model" xmlns:p="{PRODUCTION}"/>'
    beams = f'unit="millimeter" xmlns:b="{BEAMS}" requiredextensions="b"'
    sliced = f'unit="millimeter" xmlns:s="{SLICES}" requiredextensions="s"'
    stack = '<s:slicestack id="9" zbottom="0"><s:slice ztop="1"/></s:slicestack>'
    lattice = CUBE.replace("</mesh>", "<b:beamlattice><b:beams/></b:beamlattice></mesh>")
    found = outcomes(
        {
            "cube": (threemf(), "a.3mf"),
            "inches": (threemf(model_xml(attributes='unit="inch"')), "a.3mf"),
            "default": (threemf(model_xml(attributes="")), "a.3mf"),
            "twice": (threemf(model_xml(build=twice)), "a.3mf"),
            "mirrored": (threemf(model_xml(build=mirrored)), "a.3mf"),
            "components": (nested(3, 2), "a.3mf"),
            "colors": (threemf(model_xml(resources=COLORS + f'<object id="1">{painted}</object>')), "a.3mf"),
            "texture": (
                threemf(
                    model_xml(resources=TEXTURE + f'<object id="1">{textured}</object>'),
                    **{"3D__skin.png": image_bytes()},
                ),
                "a.3mf",
            ),
            "part": (threemf(model_xml(resources="", build=part), **{"3D__a.model": model_xml(build="")}), "a.3mf"),
            "beams": (threemf(model_xml(attributes=beams, resources=lattice)), "a.3mf"),
            "slices": (threemf(model_xml(attributes=sliced, resources=stack + CUBE)), "a.3mf"),
            "supports": (threemf(model_xml(resources=CUBE.replace('type="model"', 'type="support"'))), "a.3mf"),
        },
        tmp_path,
        limits=LIMITS,
    )
    assert {case: outcome.code for case, outcome in found.items() if outcome.code} == {}
    facts = {case: outcome.facts for case, outcome in found.items()}
    assert facts["cube"]["bounds"]["max"] == [10, 20, 30]
    assert facts["cube"]["volume"] == pytest.approx(6000)
    assert (facts["cube"]["units"], facts["cube"]["up_axis"], facts["inches"]["units"]) == ("mm", "z", "in")
    assert facts["default"]["units"] == "mm"
    assert (facts["twice"]["triangles"], facts["twice"]["bodies"]) == (24, 2)
    assert facts["twice"]["volume"] == pytest.approx(6000 * 9)
    assert facts["twice"]["bounds"]["max"] == [120, 40, 60]
    assert facts["mirrored"]["inside_out"] is False
    assert facts["components"]["triangles"] == 12 * 2**3
    assert (facts["colors"]["has_colors"], facts["colors"]["watertight"]) == (True, True)
    assert facts["texture"]["has_textures"] is True
    assert facts["part"]["notes"] == ["production"]
    assert facts["beams"]["notes"] == ["beam_lattice"]
    assert (facts["slices"]["notes"], facts["slices"]["triangles"]) == (["slices"], 12)
    assert facts["supports"]["notes"] == ["supports"]


ZEROS = zipped({"[Content_Types].xml": TYPES, "_rels/.rels": RELATIONS, "3D/3dmodel.model": bytes(400 * 1024 * 1024)})
LAUGHS = "&a;" * 10
ENTITIES = '<!DOCTYPE model [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "{LAUGHS}">' for n in range(9)) + "]>"
LONG_TEXT = model_xml().replace(b"<build>", b"<!--" + b"x" * 9_000_000 + b"--><build>")
WHOLE = threemf()
HOSTILE = {
    "zeros": (ZEROS, "archive_bomb"),
    "overlapping members": (overlapping(50, 900_000), "archive_damaged"),
    "encrypted": (patched(WHOLE, b"PK\x01\x02", 8, b"\x01"), "archive_encrypted"),
    "only a member's head says encrypted": (patched(WHOLE, b"PK\x03\x04", 6, b"\x01"), "archive_encrypted"),
    "packed by LZMA": (patched(WHOLE, b"PK\x01\x02", 10, b"\x0e"), "archive_method"),
    "sizes that lie": (patched(WHOLE, b"PK\x01\x02", 24, b"\x10\x00\x00\x00"), "archive_bomb"),
    "checksums that lie": (patched(WHOLE, b"PK\x01\x02", 16, b"\x10\x00\x00\x00"), "archive_damaged"),
    "offsets outside": (patched(WHOLE, b"PK\x01\x02", 42, b"\xff\xff\xff\x7f"), "archive_damaged"),
    "more entries than there are": (patched(WHOLE, b"PK\x05\x06", 8, b"\x09\x00\x09\x00"), "archive_damaged"),
    "fifty thousand entries": (patched(WHOLE, b"PK\x05\x06", 8, b"\x50\xc3\x50\xc3"), "archive_too_many"),
    "cut": (WHOLE[:-30], "truncated"),
    "a member above the archive": (threemf(**{"..__..__etc__passwd": b"x"}), "archive_escapes"),
    "a member at the root": (threemf(**{"__etc__passwd": b"x"}), "archive_escapes"),
    "a member on a drive": (threemf(**{"C:__boot.ini": b"x"}), "archive_escapes"),
    "a name twice but for its case": (threemf(**{"3d__3DMODEL.model": b"x"}), "archive_damaged"),
    "an archive of something else": (zipped({"readme.txt": b"hello"}), "3mf_no_model"),
    "no relation to a model": (
        threemf(**{"_rels__.rels": RELATIONS.replace(b"01/3dmodel", b"01/other")}), "3mf_no_model",
    ),
    "a model that is not there": (
        threemf(**{"_rels__.rels": RELATIONS.replace(b"3dmodel.model", b"gone.model")}), "3mf_missing_part",
    ),
    "a model elsewhere": (
        threemf(**{"_rels__.rels": RELATIONS.replace(b"/3D/", b"http://127.0.0.1/")}), "external_reference",
    ),
    "a billion laughs": (threemf(model_xml(before=ENTITIES)), "xml_doctype"),
    "an entity outside": (
        threemf(model_xml(before='<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>')), "xml_doctype",
    ),
    "a document type in the relations": (threemf(**{"_rels__.rels": b"<!DOCTYPE r []>" + RELATIONS}), "xml_doctype"),
    "UTF-16": (threemf(model_xml().decode().replace("UTF-8", "UTF-16").encode("utf-16")), "xml_encoding"),
    "XML that ends early": (threemf(model_xml()[:-30]), "xml_broken"),
    "a comment of nine megabytes": (unpacked(LONG_TEXT), "xml_broken"),
    "elements nested a hundred thousand deep": (
        unpacked(model_xml(resources="<m:a>" * 100_000 + "</m:a>" * 100_000)), "xml_broken",
    ),
    "no build": (threemf(model_xml().replace(b"build>", b"m:build>")), "3mf_missing_element"),
    "an empty build": (threemf(model_xml(build="")), "no_triangles"),
    "an object that is not there": (threemf(model_xml(build='<item objectid="9"/>')), "3mf_broken_reference"),
    "an id twice": (threemf(model_xml(resources=CUBE + CUBE)), "3mf_duplicate"),
    "a unit of its own": (threemf(model_xml(attributes='unit="league"')), "3mf_bad_value"),
    "a transform of eleven numbers": (
        threemf(model_xml(build='<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0"/>')), "3mf_bad_value",
    ),
    "a transform to nowhere": (
        threemf(model_xml(build='<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0 nan"/>')), "not_finite",
    ),
    "a vertex that is not a number": (threemf(model_xml().replace(b'x="10.0"', b'x="nan"')), "not_finite"),
    "a vertex in words": (threemf(model_xml().replace(b'x="10.0"', b'x="ten"')), "3mf_bad_value"),
    "a triangle with a corner outside": (threemf(model_xml().replace(b'v1="0"', b'v1="8"', 1)), "out_of_bounds"),
    "a triangle with a negative corner": (threemf(model_xml().replace(b'v1="0"', b'v1="-1"', 1)), "3mf_bad_value"),
    "a color that is not there": (
        threemf(model_xml(resources=COLORS + solid(per_triangle='pid="5" p1="2"'))),
        "3mf_broken_reference",
    ),
    "a texture that is not there": (
        threemf(
            model_xml(resources=TEXTURE + solid(per_triangle='pid="7" p1="0"'))
        ),
        "3mf_missing_part",
    ),
    "a texture that is none": (
        threemf(
            model_xml(resources=TEXTURE + solid(per_triangle='pid="7" p1="0"')),
            **{"3D__skin.png": b"no picture"},
        ),
        "texture_unreadable",
    ),
    "an object that is a mesh and components": (
        threemf(
            model_xml(
                resources=CUBE.replace("</object>", '<components><component objectid="1"/></components></object>')
            )
        ),
        "3mf_misplaced",
    ),
    "an object that contains itself": (
        threemf(model_xml(resources='<object id="1"><components><component objectid="1"/></components></object>')),
        "3mf_nested",
    ),
    "objects that contain each other": (
        threemf(
            model_xml(
                resources='<object id="1"><components><component objectid="2"/></components></object>'
                '<object id="2"><components><component objectid="1"/></components></object>'
            )
        ),
        "3mf_nested",
    ),
    "ten to the ninth instances": (nested(9, 10), "too_many_triangles"),
    "an extension that nobody knows": (
        threemf(model_xml(attributes='unit="millimeter" xmlns:q="http://example.org/q" requiredextensions="q"')),
        "needs_extension",
    ),
    "a required extension without a name": (
        threemf(model_xml(attributes='unit="millimeter" requiredextensions="q"')), "3mf_broken_reference",
    ),
}  # fmt: skip


def test_a_broken_or_hostile_3mf_is_refused_with_its_reason_within_seconds(tmp_path):
    files = {case: (content, "a.3mf") for case, (content, _code) in HOSTILE.items()}
    found = outcomes(files, tmp_path, limits=LIMITS)
    assert {case: outcome.code for case, outcome in found.items()} == {
        case: code for case, (_c, code) in HOSTILE.items()
    }
    for case, outcome in found.items():
        assert "%(" not in sentence(outcome.code, outcome.details), case
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case
