"""OBJ and glTF, alone and in a ZIP: what they wear is found in the archive and nowhere else."""

import base64
import copy
import json

import pytest

from designs.inspection import FileLimits, preflight, sentence
from designs.previews import make_viewer
from designs.tests.archives import overlapping, patched, zipped
from designs.tests.many import outcomes
from designs.tests.samples import CUBE_CORNERS, CUBE_FACES, glb_bytes, glb_document, image_bytes
from designs.tests.viewer_models import read_glb

LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)
QUADS = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]


def obj_text(faces=None, corner="{}", before: str = "", color: str = "") -> bytes:
    """OBJ: a cube of 10 × 20 × 30. `corner` says how an index counted from 1 is written."""
    lines = ["# a cube", *before.splitlines()]
    lines += ["v {} {} {}".format(*place) + color for place in (CUBE_CORNERS * [10, 20, 30]).tolist()]
    lines += [
        "f " + " ".join(corner.format(index + 1) for index in face)
        for face in (CUBE_FACES.tolist() if faces is None else faces)
    ]
    return "".join(f"{line}\n" for line in lines).encode()


MTL = b"newmtl skin\nKd 1 0 0\nmap_Kd textures/skin.png\n"
WORN = obj_text(corner="{}/1", before="mtllib a.mtl\nvt 0 0\nusemtl skin")
PACKED = {"box/a.obj": WORN, "box/a.mtl": MTL, "box/textures/skin.png": image_bytes()}


def gltf_text(uri: str | None = None, **changes) -> bytes:
    document, binary = glb_document()
    document = copy.deepcopy(document)
    document["buffers"][0]["uri"] = uri or "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    return json.dumps({**document, **changes}).encode()


def glb_worn(picture: bytes, *, uri: str = "", **image) -> bytes:
    """The cube as GLB, wearing this picture."""
    document, binary = glb_document()
    document = copy.deepcopy(document)
    start = len(binary) + -len(binary) % 4
    binary = binary.ljust(start, b"\x00") + picture
    document["buffers"][0]["byteLength"] = len(binary)
    document["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": len(picture)})
    document["images"] = [{"uri": uri} if uri else {"bufferView": 2, "mimeType": "image/png", **image}]
    document["textures"] = [{"source": 0}]
    document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
    return glb_bytes(document, binary)


def gltf_zip(uri: str = "a.bin", **files: bytes) -> bytes:
    members = {"a.gltf": gltf_text(uri), "a.bin": glb_document()[1]}
    return zipped(members | {name.replace("__", "/"): content for name, content in files.items()})


def test_an_obj_is_measured_however_it_is_written(tmp_path):
    backwards = [[index - 9 for index in face] for face in CUBE_FACES.tolist()]
    cases = {
        "plain": (obj_text(), "a.obj"),
        "quads": (obj_text(QUADS), "a.obj"),
        "with normals": (obj_text(corner="{}//1", before="vn 0 0 1"), "a.obj"),
        "with texture places": (obj_text(corner="{}/1/1", before="vn 0 0 1\nvt 0.5 0.5"), "a.obj"),
        "counted backwards": (obj_text(backwards), "a.obj"),
        "with Windows' line ends": (obj_text().replace(b"\n", b"\r\n"), "a.obj"),
        "with lines that go on": (obj_text().replace(b"f 1 ", b"f \\\n1 "), "a.obj"),
        "with tabs": (obj_text().replace(b"v ", b"v\t"), "a.obj"),
        "in a ZIP": (zipped({"a.obj": obj_text()}), "a.zip"),
        "in a ZIP, worn": (zipped(PACKED), "a.zip"),
        "colored": (obj_text(color=" 1 0.5 0"), "a.obj"),
    }
    found = outcomes(cases, tmp_path, limits=LIMITS)
    for case, outcome in found.items():
        facts = outcome.facts
        assert outcome.code == "", (case, outcome)
        assert facts["bounds"]["max"] == [10, 20, 30], case
        assert (facts["triangles"], facts["vertices"], facts["watertight"]) == (12, 8, True), case
        assert facts["volume"] == pytest.approx(6000), case
        assert (facts["units"], facts["up_axis"]) == ("unknown", "y"), case
    worn = {case for case, outcome in found.items() if outcome.facts["has_textures"]}
    assert worn == {"in a ZIP, worn"}
    assert {case for case, outcome in found.items() if outcome.facts["has_colors"]} == {"in a ZIP, worn", "colored"}


def test_an_obj_without_its_materials_says_so(tmp_path):
    found = outcomes({"alone": (WORN, "a.obj")}, tmp_path, limits=LIMITS)
    assert found["alone"].facts["notes"] == ["texture_elsewhere"]


def test_a_gltf_is_the_same_cube_alone_and_in_a_zip(tmp_path):
    skin = {"images": [{"uri": "my%20skin.png"}], "textures": [{"source": 0}]}
    with_picture = {"a.gltf": gltf_text("a.bin", **skin), "a.bin": glb_document()[1], "my skin.png": image_bytes()}
    cases = {
        "alone": (gltf_text(), "a.gltf"),
        "zip": (gltf_zip(), "a.zip"),
        "zip in a folder": (zipped({"x/a.gltf": gltf_text("./a.bin"), "x/a.bin": glb_document()[1]}), "a.zip"),
        "zip with a picture": (zipped(with_picture), "a.zip"),
    }
    for case, outcome in outcomes(cases, tmp_path, limits=LIMITS).items():
        facts = outcome.facts
        assert outcome.code == "", (case, outcome)
        assert (facts["triangles"], facts["units"], facts["up_axis"]) == (12, "m", "y"), case
        assert facts["volume"] == pytest.approx(1), case


def test_a_glb_wears_what_gltf_knows(tmp_path):
    palette = image_bytes(mode="P", transparency=bytes(range(256)))
    pictures = {"png": image_bytes(), "jpeg": image_bytes("JPEG"), "webp": image_bytes("WEBP"), "palette": palette}
    cases = {name: (glb_worn(picture), "a.glb") for name, picture in pictures.items()}
    cases["as text"] = (glb_worn(b"", uri="data:image/png;base64," + base64.b64encode(palette).decode()), "a.glb")
    cases["ktx 2"] = (glb_worn(b"\xabKTX 20\xbb", mimeType="image/ktx2"), "a.glb")
    for case, outcome in outcomes(cases, tmp_path, limits=LIMITS).items():
        assert (outcome.code, outcome.facts["triangles"]) == ("", 12), case


def test_the_texture_of_a_packed_obj_reaches_the_viewer(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(PACKED))
    (viewer,) = make_viewer(path, preflight(path, "a.zip"), tmp_path / "out")
    document, _binary = read_glb(viewer.path)
    assert len(document["images"]) == 1


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
HOSTILE = {
    "obj without faces": (obj_text([]), "a.obj", "no_triangles"),
    "obj of lines": (obj_text().replace(b"f ", b"l "), "a.obj", "no_triangles"),
    "obj with a face of two corners": (obj_text([[0, 1, 2], [0, 1]]), "a.obj", "unreadable"),
    "obj with an index outside": (obj_text([[0, 1, 8]]), "a.obj", "out_of_bounds"),
    "obj with an index of nothing": (obj_text([[0, 1, -1]]), "a.obj", "out_of_bounds"),
    "obj that counts back too far": (obj_text([[0, 1, -50]]), "a.obj", "out_of_bounds"),
    "obj with an index of forty digits": (obj_text([[0, 1, 10**40]]), "a.obj", "out_of_bounds"),
    "obj with a texture place outside": (obj_text(corner="{}/2", before="vt 0 0"), "a.obj", "out_of_bounds"),
    "obj with words for numbers": (obj_text().replace(b"v 10.0", b"v ten"), "a.obj", "unreadable"),
    "obj with words for indices": (obj_text().replace(b"f 1 ", b"f one "), "a.obj", "unreadable"),
    "obj with a place of two numbers": (obj_text().replace(b"v 10.0 0.0 0.0", b"v 10.0 0.0"), "a.obj", "unreadable"),
    "obj with a NaN": (obj_text().replace(b"v 10.0", b"v nan"), "a.obj", "not_finite"),
    "obj of one endless line": (b"v 0 0 0\nf " + b"1 " * 4_000_000, "a.obj", "unreadable"),
    "obj that is a program": (b"MZ\x90\x00" * 40, "a.obj", "not_what_its_name_says"),
    "obj that is a page": (b"<html>\n<body>\n</body>\n", "a.obj", "not_what_its_name_says"),
    "zip with materials above it": (
        zipped(PACKED | {"box/a.obj": WORN.replace(b"a.mtl", b"../../etc/passwd")}), "a.zip", "external_reference",
    ),
    "zip with a texture that is not there": (zipped({"a.obj": WORN, "a.mtl": MTL}), "a.zip", "external_reference"),
    "zip with a texture on the network": (
        zipped({"a.obj": WORN, "a.mtl": b"newmtl a\nmap_Kd http://127.0.0.1/x.png\n"}), "a.zip", "external_reference",
    ),
    "zip with a texture that is none": (
        zipped(PACKED | {"box/textures/skin.png": b"no picture"}), "a.zip", "texture_unreadable",
    ),
    "zip with a texture of too many pixels": (
        zipped(PACKED | {"box/textures/skin.png": image_bytes(size=(2000, 1000))}), "a.zip", "too_many_pixels",
    ),
    "zip with a program": (zipped(PACKED | {"setup.exe": b"MZ"}), "a.zip", "archive_other_files"),
    "zip with two models": (zipped(PACKED | {"b.obj": WORN}), "a.zip", "archive_two_models"),
    "zip without a model": (zipped({"readme.txt": b"hello"}), "a.zip", "archive_no_model"),
    "zip in a zip": (zipped({"a.zip": zipped(PACKED)}), "a.zip", "archive_other_files"),
    "zip of nothing": (zipped({}), "a.zip", "not_what_its_name_says"),
    "zip of zeros": (zipped({"a.obj": bytes(300_000_000)}), "a.zip", "archive_bomb"),
    "zip of one member a thousand times": (overlapping(1000, 900_000), "a.zip", "archive_damaged"),
    "zip with a way out": (zipped(PACKED | {"../../x.txt": b"x"}), "a.zip", "archive_escapes"),
    "zip with another way out": (zipped(PACKED | {"..\\..\\x.txt": b"x"}), "a.zip", "archive_escapes"),
    "zip that is encrypted": (patched(zipped(PACKED), b"PK\x01\x02", 8, b"\x01"), "a.zip", "archive_encrypted"),
    "zip called obj": (zipped(PACKED), "a.obj", "not_what_its_name_says"),
    "zip called 3mf": (zipped(PACKED), "a.3mf", "3mf_no_model"),
    "gltf with a file beside it": (gltf_text("a.bin"), "a.gltf", "external_reference"),
    "gltf on the network": (gltf_text("http://127.0.0.1/a.bin"), "a.gltf", "external_reference"),
    "gltf with an image in /etc": (gltf_text(images=[{"uri": "file:///etc/passwd"}]), "a.gltf", "external_reference"),
    "gltf with a short buffer": (gltf_text("data:;base64,AAAA"), "a.gltf", "out_of_bounds"),
    "gltf that is no JSON": (gltf_text()[:-30], "a.gltf", "unreadable"),
    "gltf nested too deep": (b'{"a":' + b"[" * 100_000, "a.gltf", "unreadable"),
    "gltf without meshes": (gltf_text(meshes=[], nodes=[{}]), "a.gltf", "no_triangles"),
    "gltf whose nodes contain themselves": (
        gltf_text(nodes=[{"mesh": 0, "children": [0]}]), "a.gltf", "node_cycle",
    ),
    "gltf with a texture counted backwards": (
        gltf_text(materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": -1}}}]), "a.gltf", "unreadable",
    ),
    "gltf with a texture that is not there": (
        gltf_text(materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 4}}}]), "a.gltf", "out_of_bounds",
    ),
    "gltf with a number for a name": (gltf_text(scenes=[{"nodes": [0], "name": 42}]), "a.gltf", "unreadable"),
    "gltf with a text for a number": (
        gltf_text(materials=[{"normalTexture": {"index": 0, "scale": "much"}}]), "a.gltf", "unreadable",
    ),
    "glb with a texture that is a program for a printer": (glb_worn(EPS), "a.glb", "texture_unreadable"),
    "glb with such a texture as text": (
        glb_worn(b"", uri="data:image/png;base64," + base64.b64encode(EPS).decode()), "a.glb", "texture_unreadable",
    ),
    "glb with a texture that is none": (glb_worn(b"no picture"), "a.glb", "texture_unreadable"),
    "glb with a texture of too many pixels": (
        glb_worn(image_bytes(size=(2000, 1000))), "a.glb", "too_many_pixels",
    ),
    "glb with half a texture": (glb_worn(image_bytes()[:150]), "a.glb", "texture_unreadable"),
    "zip whose gltf leads out": (gltf_zip("../../../etc/passwd"), "a.zip", "external_reference"),
    "zip whose gltf leads away": (gltf_zip("https://127.0.0.1/a.bin"), "a.zip", "external_reference"),
    "zip whose buffer is short": (gltf_zip(**{"a.bin": b"1234"}), "a.zip", "out_of_bounds"),
}  # fmt: skip


def test_a_broken_or_hostile_file_is_refused_with_its_reason_within_seconds(tmp_path):
    files = {case: (content, name) for case, (content, name, _code) in HOSTILE.items()}
    found = outcomes(files, tmp_path, limits=LIMITS)
    wanted = {case: code for case, (_content, _name, code) in HOSTILE.items()}
    assert {case: outcome.code for case, outcome in found.items()} == wanted
    for case, outcome in found.items():
        assert "%(" not in sentence(outcome.code, outcome.details), case
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case
