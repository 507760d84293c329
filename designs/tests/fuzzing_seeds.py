"""What each target of the fuzzer begins with: files of ours that it takes."""

import io
import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Everything else is imported where it is used: what is fuzzed is to be instrumented first.

STATED = "loomprint-rendition:1:{}:31337:0x{:040}:0x{:032}:{:064}:glb:{:064}:{:0130}"
MANIFEST: dict[str, Any] = {
    "claim_generator_info": [{"name": "Another Studio", "version": "7"}],
    "title": "Copper Vase",
    "ingredients": [
        {"title": "Lantern", "relationship": "componentOf", "instance_id": "urn:loomprint:entry:0x" + "01" * 16}
    ],
    "parent": "urn:loomprint:file:" + "ab" * 32,
    "entry": {"label": "example.loomprint.entry", "data": {"entry": "0x" + "02" * 16}},
    "created": [
        {"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/print"}
    ],
}
Files = dict[str, list[bytes]]


def seeds(target: str) -> Files:
    """By the format of the files, or by the name of a target that has none."""
    match target:
        case "manifest":
            from designs.tests.samples import binary_stl

            return {target: [signed_file(binary_stl(), "model/stl")]}
        case "credentials":
            return {form: [signed_file(files[0], f"image/{form}")] for form, files in _images().items()}
        case "statement":
            return {target: _stating()}
        case "proof":
            return {target: [_proof()]}
        case "making":
            return _together(_meshes(), _images(), _saying())
        case "door" | "embedding":
            return _together(_meshes(), _images())
    return {target: _together(_meshes(), _images())[target]}


def statement(scheme: str) -> str:
    """A statement of the right form, signed by nobody."""
    return STATED.format(scheme, 1, 2, 3, 4, 5)


def _together(*parts: Files) -> Files:
    found: Files = {}
    for part in parts:
        for form, files in part.items():
            found.setdefault(form, []).extend(files)
    return found


def _meshes() -> Files:
    from designs.tests import samples
    from designs.tests.archives import cube_mesh, model_xml, threemf, zipped
    from designs.tests.step_files import step_block
    from designs.tests.test_obj_and_gltf import PACKED, glb_worn, gltf_text, gltf_zip
    from designs.tests.test_threemf import BEAMS, COLORS, CUBE, PRODUCTION, TEXTURE, solid

    obj = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0.5\nvt 0 0\nvn 0 0 1\nusemtl a\nf 1/1/1 2/1/1 3/1/1 4/1/1\nf -4 -3 -1\n"
    picture = samples.image_bytes(size=(8, 8))
    skin = {"3D__skin.png": picture}
    textured = model_xml(resources=TEXTURE + solid('pid="7" p1="0" p2="1" p3="0"'))
    beams = CUBE.replace("</mesh>", "<b:beamlattice><b:beams/></b:beamlattice></mesh>")
    within = f'<item objectid="1" p:path="/3D/a.model" xmlns:p="{PRODUCTION}"/>'
    models = [
        threemf(),
        threemf(model_xml(resources=COLORS + f'<object id="1">{cube_mesh(per_triangle=_PAINTED)}</object>')),
        threemf(textured, **skin),
        threemf(model_xml(attributes=f'xmlns:b="{BEAMS}" requiredextensions="b"', resources=beams)),
        threemf(model_xml(resources="", build=within), **{"3D__a.model": model_xml(build="")}),
        zipped(_unpacked(threemf(textured, **skin)), stored=True),
    ]
    return {
        "stl": [samples.binary_stl(), samples.ascii_stl()],
        "ply": [
            samples.ply_text(colors=_RED),
            samples.ply_binary(colors=_RED),
            samples.ply_binary(order=">", count="uint"),
        ],
        "obj": [obj],
        "off": [samples.off_text(), samples.off_text(colors=_RED)],
        "3mf": models,
        "gltf": [gltf_text()],
        "glb": [samples.glb_bytes(), glb_worn(picture), glb_worn(samples.image_bytes("JPEG", size=(8, 8)))],
        "zip": [zipped({"a.obj": obj}), zipped(PACKED, stored=True), gltf_zip()],
        "step": [step_block()],
    }


_PAINTED = 'pid="5" p1="0" p2="1"'
_RED = [[255, 0, 0]] * 8


def _unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _images() -> Files:
    from designs.tests import profiles, samples
    from designs.tests.test_avif_and_tiff import deep_tiff

    found = {
        form: [
            samples.image_bytes(form.upper(), size=(20, 10), mode=mode, **more)
            for mode, more in (("RGB", {"icc_profile": profiles.adobe_rgb()}), ("L", {}))
        ]
        for form in ("png", "jpeg", "webp", "tiff", "avif")
    }
    clear = {form: samples.image_bytes(form.upper(), size=(20, 10), mode="RGBA") for form in ("png", "webp", "avif")}
    for form, one in clear.items():
        found[form].append(one)
    found["jpeg"].append(samples.image_bytes("JPEG", size=(20, 10), mode="CMYK"))
    found["tiff"] += [
        samples.image_bytes("TIFF", size=(20, 10), compression="tiff_lzw"),
        deep_tiff(1, 2, 3, size=(5, 4)),
    ]
    return found


def _saying() -> Files:
    """Files that say how they were made."""
    from designs.tests import making_samples as made
    from designs.tests.archives import model_xml, threemf, zipped

    exif = made.exif_of(t131=b"Camera 1.0\0", t13B=b"Ada L.\0", e9286=made.user_comment(made.A1111))
    comfy = {"prompt": made.COMFY, "workflow": {"nodes": []}}
    texts = {"Software": "NovelAI", "Comment": {"prompt": "a cat", "seed": 9}, "Description": "a cat --ar 2:3 --v 6.1"}
    named = model_xml().replace(b"<resources>", b'<metadata name="Application">Slicer 3</metadata><resources>')
    return {
        "png": [
            made.png_with(made.text_chunk("parameters", made.A1111)),
            made.png_with(made.text_chunk("parameters", made.A1111, how="iTXt packed")),
            made.png_with(made.text_chunk("XML:com.adobe.xmp", made.xmp("trainedAlgorithmicMedia"), how="iTXt")),
            made.png_saying(**comfy),
            made.png_saying(**texts),
            made.png_saying(invokeai_metadata={"app_version": "4", "positive_prompt": "a", "model": {"name": "b"}}),
            made.png_saying(Dream='"a boat" -s 50 -S 345 -W 512 -C 7.5 -A k_lms'),
            made.stealth_png({"Software": "NovelAI", "Comment": "{}"}),
        ],
        "jpeg": [made.photo_with("JPEG", exif=exif, xmp=made.xmp("print", element=True))],
        "webp": [made.photo_with("WEBP", exif=exif, xmp=made.xmp("print"))],
        "avif": [made.photo_with("AVIF", exif=exif, xmp=made.xmp("print"))],
        "3mf": [
            zipped(_unpacked(threemf(named)), stored=True),
        ],
        "gltf": [json.dumps(_gltf_saying()).encode()],
    }


def _gltf_saying() -> dict[str, Any]:
    from designs.tests.test_obj_and_gltf import gltf_text

    document: dict[str, Any] = json.loads(gltf_text())
    document["asset"] |= {"generator": "Exporter 9", "extras": {"author": "Ada"}}
    packet = {"dc:title": {"@type": "rdf:Alt", "rdf:_1": {"@value": "Cube"}}, "xmp:CreatorTool": "Paint 4"}
    document["extensions"] = {"KHR_xmp_json_ld": {"packets": [packet]}}
    return document


def _stating() -> list[bytes]:
    """Files with a statement in them."""
    from designs.tests.archives import threemf
    from designs.tests.samples import glb_bytes, image_bytes
    from designs.tests.step_files import step_block
    from designs.untrusted.embedding import embed

    plain = {form: image_bytes(form.upper(), size=(20, 10)) for form in ("png", "jpeg", "webp")}
    plain |= {"glb": glb_bytes(), "3mf": threemf(), "step": step_block()}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for scheme, content in plain.items():
            source, target = Path(folder) / "source", Path(folder) / "target"
            source.write_bytes(content)
            embed(str(source), str(target), scheme, statement(scheme))
            found.append(target.read_bytes())
    return found


def _proof() -> bytes:
    """Of two fields, which does not hold."""
    fields = [{"key": key, "value": {"a": [1, "b"]}, "salt": _HASH, "proof": [_HASH]} for key in ("prompt", "seed")]
    anchor = {"entry": "0x" + "02" * 16}
    said = {"format": "loomprint-field-proof-1", "root": _HASH, "version": 1, "fields": fields, "anchor": anchor}
    return json.dumps(said).encode()


_HASH = "0x" + "03" * 32


def signed_file(content: bytes, media_type: str) -> bytes:
    """An image with Content Credentials in it; of another file, the manifest to keep beside it."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from designs.credentials import Certificate, sign_file
    from designs.credentials.local_authority import make_local_authority

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_local_authority(folder)
        key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = Certificate((folder / "chain.pem").read_text(), "", "", datetime.now(UTC), key)
        (folder / "file").write_bytes(content)
        beside = not media_type.startswith("image/")
        return sign_file(folder / "file", media_type, MANIFEST, certificate, folder, beside=beside).path.read_bytes()
