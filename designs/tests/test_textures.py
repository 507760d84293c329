"""Colors and textures that a mesh wears: its cover shows them where they belong, and they reach its viewer."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from designs.inspection import preflight
from designs.previews import make_viewer, render_cover
from designs.tests.archives import cube_mesh, model_xml, threemf
from designs.tests.samples import CUBE_CORNERS, glb_bytes, glb_document
from designs.tests.viewer_models import ViewerModel, read_glb

RED, BLUE = (255, 0, 0), (0, 0, 255)
TEXTURE = (
    '<m:texture2d id="6" path="/3D/skin.png" contenttype="image/png"/>'
    '<m:texture2dgroup id="7" texid="6"><m:tex2coord u="0.5" v="0"/><m:tex2coord u="0.5" v="1"/></m:texture2dgroup>'
)
COLORS = '<m:colorgroup id="7"><m:color color="#0000FF"/><m:color color="#FF0000"/></m:colorgroup>'


def skin() -> bytes:
    """A picture whose upper half is red and whose lower half is blue."""
    picture = Image.new("RGB", (16, 16), RED)
    picture.paste(BLUE, (0, 8, 16, 16))
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()


def textured_glb() -> bytes:
    """A cube that wears the picture upright on each of its sides."""
    document, binary = glb_document()
    uv = np.stack([np.full(8, 0.5), 1 - CUBE_CORNERS[:, 1]], axis=1).astype(np.float32).tobytes()
    for data in (uv, skin()):
        binary += bytes(-len(binary) % 4)
        document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
        binary += data
    document["buffers"] = [{"byteLength": len(binary)}]
    document["accessors"].append({"bufferView": 2, "componentType": 5126, "count": 8, "type": "VEC2"})
    document["images"] = [{"bufferView": 3, "mimeType": "image/png"}]
    document["textures"] = [{"source": 0}]
    document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0}}]
    document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = 2
    return glb_bytes(document, binary)


def by_height(resources: str) -> bytes:
    """A 3MF of a box whose lower corners have the first property of group 7, and the upper ones the second."""

    def painted(corners: re.Match[str]) -> str:
        return f'{corners[0]} pid="7"' + "".join(f' p{n}="{int(v) // 4}"' for n, v in enumerate(corners.groups(), 1))

    mesh = re.sub(r'v1="(\d)" v2="(\d)" v3="(\d)"', painted, cube_mesh())
    return model_xml(resources=f'{resources}<object id="1">{mesh}</object>')


SAMPLES = {
    "a textured GLB": (textured_glb(), "a.glb"),
    "a textured 3MF": (threemf(by_height(TEXTURE), **{"3D__skin.png": skin()}), "a.3mf"),
    "a colored 3MF": (threemf(by_height(COLORS)), "a.3mf"),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_cover_shows_both_colors_of_a_mesh_red_above_blue(sample: str, tmp_path: Path) -> None:
    content, name = SAMPLES[sample]
    (tmp_path / name).write_bytes(content)
    (cover,) = render_cover(tmp_path / name, preflight(tmp_path / name, name), tmp_path / "out", width=64)
    with Image.open(cover.path) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    redder = pixels[:, :, 0] - pixels[:, :, 2]
    red, blue = redder > 60, redder < -60
    assert (red.mean() > 0.05, blue.mean() > 0.05) == (True, True)
    assert np.nonzero(red)[0].mean() + 5 < np.nonzero(blue)[0].mean()


@pytest.mark.parametrize("sample", [one for one in SAMPLES if "textured" in one])
def test_a_texture_reaches_the_viewer_upright(sample: str, tmp_path: Path) -> None:
    content, name = SAMPLES[sample]
    (tmp_path / name).write_bytes(content)
    (viewer,) = make_viewer(tmp_path / name, preflight(tmp_path / name, name), tmp_path / "out")
    document, binary = read_glb(viewer.path)
    [material], [image] = document["materials"], document["images"]
    texture = document["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
    assert texture["source"] == 0
    view = document["bufferViews"][image["bufferView"]]
    with Image.open(io.BytesIO(binary[view["byteOffset"] :][: view["byteLength"]])) as picture:
        worn = picture.convert("RGB")
    model = ViewerModel(viewer.path)
    uv = model.values[document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"]]
    height = model.positions()[:, 1 if name == "a.glb" else 2]
    assert uv[:, 1] == pytest.approx(1 - height / height.max())
    assert np.argmax(worn.getpixel((8, 2))) == 0
    assert np.argmax(worn.getpixel((8, 13))) == 2


def test_a_color_of_all_triangles_is_the_material_of_the_viewer(tmp_path: Path) -> None:
    colors = '<basematerials id="5"><base name="red" displaycolor="#FF0000"/></basematerials>'
    painted = cube_mesh(per_triangle='pid="5" p1="0"')
    (tmp_path / "a.3mf").write_bytes(threemf(model_xml(resources=f'{colors}<object id="1">{painted}</object>')))
    (viewer,) = make_viewer(tmp_path / "a.3mf", preflight(tmp_path / "a.3mf", "a.3mf"), tmp_path / "out")
    document, _binary = read_glb(viewer.path)
    assert document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] == [1, 0, 0, 1]
