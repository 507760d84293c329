"""What files say of their own making: read from each program's files, and from hostile ones not at all."""

import gzip
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from designs.inspection import FileLimits, preflight, read_making
from designs.inspection.making import NOTHING, _believable
from designs.previews import make_derivatives
from designs.tests import making_samples as made
from designs.tests.archives import CORE, model_xml, threemf
from designs.tests.corpus import CORPUS, needs_corpus
from designs.tests.many import outcomes
from designs.tests.samples import glb_bytes, glb_document
from designs.untrusted.making import read
from designs.untrusted.model_texts import of_step

NEGATIVE = "\nNegative prompt: "
A1111_FIELDS = {
    "model_name": "lantern_v3",
    "prompt": "a brass lantern,\ngyroid panels" + NEGATIVE + "blurry",
    "seed": "18446744073709551615",
    "parameters": {
        "Steps": 24,
        "Sampler": "DPM++ 2M",
        "CFG scale": 6.5,
        "Size": "512x768",
        "Model hash": "abc123",
        "Lora hashes": "brass: aa11, bb: cc",
    },
    "tools": ["AUTOMATIC1111 v1.9.4"],
}
INVOKE = {
    "app_version": "4.2.0", "generation_mode": "txt2img", "positive_prompt": "a chair", "negative_prompt": "legs",
    "width": 512, "height": 512, "seed": 5, "cfg_scale": 7.5, "steps": 30, "scheduler": "euler_a",
    "model": {"name": "dreamer", "hash": "blake3:00", "base": "sd-1"},
}  # fmt: skip
FOOOCUS = {
    "base_model": "jugger", "prompt": "a lamp", "negative_prompt": "", "seed": "123", "steps": 30,
    "sampler": "dpmpp_2m", "resolution": "(896, 1152)", "version": "Fooocus v2.5.0", "full_prompt": ["a lamp"],
}  # fmt: skip
NOVEL = {"prompt": "a cat", "steps": 28, "scale": 5.0, "seed": 9, "uc": "lowres", "sampler": "k_euler", "width": 832}
JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"


def said_by(tmp_path: Path, content: bytes, form: str) -> dict:
    path = tmp_path / f"file.{form}"
    path.write_bytes(content)
    said = read({"input": str(path), "format": form, "max_pixels": 10**6}, lambda what, part: None)
    assert _believable(said), said
    return said


@pytest.mark.parametrize("how", ["tEXt", "zTXt", "iTXt", "iTXt packed"])
@pytest.mark.parametrize("behind", [False, True])
def test_automatic1111_is_read_out_of_every_kind_of_text_chunk(tmp_path, how, behind):
    content = made.png_with(made.text_chunk("parameters", made.A1111, how=how), after_pixels=behind)
    said = said_by(tmp_path, content, "png")
    assert (said["generator"], said["says_ai"], said["fields"]) == ("AUTOMATIC1111", True, A1111_FIELDS)
    assert "a secret word" not in json.dumps(said["fields"]["parameters"])


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("order", [">", "<"])
def test_automatic1111_is_read_out_of_exif(tmp_path, form, order):
    exif = made.exif_of(order=order, e9286=made.user_comment(made.A1111))
    said = said_by(tmp_path, made.photo_with(form, exif=exif), form.lower())
    assert (said["generator"], said["fields"]) == ("AUTOMATIC1111", A1111_FIELDS)


def test_comfyui_tells_the_run_of_its_last_sampler_and_the_hash_of_its_workflow(tmp_path):
    workflow = '{"nodes": []}'
    content = made.png_saying(prompt=made.COMFY, workflow=workflow)
    fields = said_by(tmp_path, content, "png")["fields"]
    assert fields == {
        "model_name": "base.safetensors",
        "prompt": "a vase" + NEGATIVE + "text, logo",
        "seed": "77",
        "parameters": {
            "workflow_sha256": "256c953c306fee0a6246ac063ceca4864c008a963de826fdaa4bbd75228411cb",
            "steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "karras", "denoise": 1.0,
            "width": 640, "height": 512,
        },
        "tools": ["ComfyUI"],
    }  # fmt: skip
    webp = made.photo_with(
        "WEBP",
        exif=made.exif_of(t10F=b"workflow:" + workflow.encode(), t110=b"prompt:" + json.dumps(made.COMFY).encode()),
    )
    assert said_by(tmp_path, webp, "webp")["fields"] == fields


@pytest.mark.parametrize(
    ("texts", "generator", "fields"),
    [
        (
            {"invokeai_metadata": INVOKE},
            "InvokeAI",
            {
                "model_name": "dreamer", "prompt": "a chair" + NEGATIVE + "legs", "seed": "5",
                "parameters": {
                    "generation_mode": "txt2img", "width": 512, "height": 512, "cfg_scale": 7.5, "steps": 30,
                    "scheduler": "euler_a", "model_hash": "blake3:00", "model_base": "sd-1",
                },
                "tools": ["InvokeAI 4.2.0"],
            },
        ),
        (
            {"sd-metadata": {"model_weights": "sd-1.5", "app_version": "2.3.5", "model_hash": "cc",
                             "image": {"prompt": [{"prompt": "a boat", "weight": 1}], "seed": 3, "steps": 50}}},
            "InvokeAI",
            {"model_name": "sd-1.5", "prompt": "a boat", "seed": "3", "parameters": {"steps": 50, "model_hash": "cc"},
             "tools": ["InvokeAI 2.3.5"]},
        ),
        (
            {"Dream": '"a "fine" boat" -s 50 -S 345 -W 512 -H 640 -C 7.5 -A k_lms'},
            "InvokeAI",
            {"prompt": 'a "fine" boat', "seed": "345", "tools": ["InvokeAI"],
             "parameters": {"steps": 50, "width": 512, "height": 640, "cfg_scale": 7.5, "sampler": "k_lms"}},
        ),
        (
            {"parameters": FOOOCUS, "fooocus_scheme": "fooocus"},
            "Fooocus",
            {"model_name": "jugger", "prompt": "a lamp", "seed": "123", "tools": ["Fooocus v2.5.0"],
             "parameters": {"steps": 30, "sampler": "dpmpp_2m", "resolution": "(896, 1152)"}},
        ),
        (
            {"Software": "NovelAI", "Source": "Stable Diffusion C1E1DA1F", "Description": "a cat", "Comment": NOVEL},
            "NovelAI",
            {"model_name": "Stable Diffusion C1E1DA1F", "prompt": "a cat" + NEGATIVE + "lowres", "seed": "9",
             "parameters": {"steps": 28, "width": 832, "scale": 5.0, "sampler": "k_euler"}, "tools": ["NovelAI"]},
        ),
        (
            {"Description": f"a lantern of brass --ar 2:3 --v 6.1 --no glass --seed 11 --tile Job ID: {JOB.upper()}"},
            "Midjourney",
            {"model_name": "Midjourney", "model_version": "6.1", "prompt": "a lantern of brass" + NEGATIVE + "glass",
             "seed": "11", "parameters": {"job_id": JOB, "ar": "2:3", "tile": True}, "tools": ["Midjourney"]},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_generator_is_read_in_its_own_words(tmp_path, texts, generator, fields):
    said = said_by(tmp_path, made.png_saying(**texts), "png")
    assert (said["generator"], said["says_ai"], said["fields"]) == (generator, True, fields)
    assert fields["prompt"].split("\n")[0] not in json.dumps(said["lines"])


HIDDEN = {
    "Software": "NovelAI", "Source": "Stable Diffusion C1E1DA1F", "Title": "AI generated image",
    "Description": "a cat", "Comment": json.dumps(NOVEL), "Generation time": 3.2,
}  # fmt: skip


@pytest.mark.parametrize("size", [(96, 130), (13, 700)], ids=["high", "higher than its head is long"])
def test_what_novelai_hides_in_the_alpha_channel_is_read(tmp_path, size):
    said = said_by(tmp_path, made.stealth_png(HIDDEN, size=size), "png")
    assert (said["generator"], said["says_ai"], said["notes"]) == ("NovelAI", True, [])
    assert said["fields"] == {
        "model_name": "Stable Diffusion C1E1DA1F",
        "prompt": "a cat" + NEGATIVE + "lowres",
        "seed": "9",
        "parameters": {"steps": 28, "width": 832, "scale": 5.0, "sampler": "k_euler"},
        "tools": ["NovelAI"],
    }
    assert ["PNG alpha channel", "Title", "AI generated image"] in said["lines"]
    assert "a cat" not in json.dumps(said["lines"])


@pytest.mark.parametrize("signature", [b"stealth_pngcomp", b"stealth_pnginfo"], ids=["packed", "plain"])
@pytest.mark.parametrize("form", ["object", "parameters", "brackets"])
def test_what_other_generators_hide_there_is_read_too(tmp_path, signature, form):
    begins = "[a, {b|c}] " if form == "brackets" else ""
    text = json.dumps({"parameters": made.A1111}) if form == "object" else begins + made.A1111
    packed = text.encode() if signature.endswith(b"info") else gzip.compress(text.encode())
    said = said_by(tmp_path, made.stealth_png(None, packed=packed, signature=signature), "png")
    assert said["fields"] == {**A1111_FIELDS, "prompt": begins + A1111_FIELDS["prompt"]}
    assert said["notes"] == []


def test_the_text_chunks_of_a_picture_go_before_what_its_alpha_channel_hides(tmp_path):
    hidden = made.stealth_png(HIDDEN)
    content = hidden[:33] + made.text_chunk("parameters", made.A1111) + hidden[33:]
    assert said_by(tmp_path, content, "png")["fields"] == A1111_FIELDS


def test_what_an_alpha_channel_hides_is_in_no_picture_that_is_shown(tmp_path):
    path = tmp_path / "a.png"
    for picture in (made.stealth_png(HIDDEN, size=(500, 400)), made.stealth_png(HIDDEN, size=(500, 400), alpha=126)):
        path.write_bytes(picture)
        assert said_by(tmp_path, picture, "png")["generator"] == "NovelAI"
        files = make_derivatives(path, preflight(path, "a.png"), tmp_path / "made")
        whole = [file for file in files if file.kind == "image" and file.width == 500]
        assert len(whole) == 3
        for file in whole:
            target = io.BytesIO()
            with Image.open(file.path) as image:
                image.convert("RGBA").save(target, "PNG")
            assert said_by(tmp_path, target.getvalue(), "png")["generator"] == "", file.media_type


def test_hostile_alpha_channels_are_passed_over_in_little_time_and_memory(tmp_path):
    bomb = gzip.compress(b'"' + bytes(200_000_000), 9)
    few = gzip.compress(b'{"Software": "NovelAI"}')
    files = {
        "longer than the picture": made.stealth_png(HIDDEN, length=2**32 - 8),
        "one byte longer": made.stealth_png(HIDDEN, length=96 * 130 - 152 + 8),
        "no length": made.stealth_png(HIDDEN, length=0),
        "no whole bytes": made.stealth_png(HIDDEN, length=8 * len(few) + 3),
        "bomb": made.stealth_png(None, packed=bomb, size=(1500, 1100)),
        "much": made.stealth_png(None, packed=bytes(2_200_000), size=(4300, 4100)),
        "no text": made.stealth_png(None, packed=b"\xff\xfe", signature=b"stealth_pnginfo"),
        "long text": made.stealth_png(None, packed=b"a" * 2_200_000, size=(4300, 4100), signature=b"stealth_pnginfo"),
        "no gzip": made.stealth_png(None, packed=b"not gzip"),
        "cut": made.stealth_png(None, packed=few[:-12]),
        "no object": made.stealth_png(["NovelAI"]),
        "cut text": made.stealth_png(None, packed=gzip.compress(made.A1111.encode())[:-20]),
        "deep": made.stealth_png(None, packed=gzip.compress(b'{"":' + b"[" * 200_000)),
        "no texts": made.stealth_png({"Software": 7, "Comment": {"prompt": "x"}}),
        "too small": made.stealth_png(HIDDEN, size=(12, 12)),
        "damaged picture": made.stealth_png(HIDDEN)[:60] + bytes(40) + made.stealth_png(HIDDEN)[100:],
    }
    named = {case: (content, "f.png") for case, content in files.items()}
    found = outcomes(named, tmp_path, limits=FileLimits(), task="read_making")
    assert {case: outcome.code for case, outcome in found.items() if outcome.code} == {}
    notes = {case: outcome.facts["notes"] for case, outcome in found.items() if outcome.facts["notes"]}
    damaged = ("longer than the picture", "one byte longer", "no length", "no whole bytes", "no gzip", "cut", "no text")
    assert notes == {
        **{case: ["text_damaged"] for case in (*damaged, "cut text", "deep")},
        **{case: ["text_too_long"] for case in ("bomb", "much", "long text")},
    }
    assert {case for case, outcome in found.items() if outcome.facts["generator"]} == set()
    assert {case for case, outcome in found.items() if outcome.seconds > 3 or outcome.peak_bytes > 500_000_000} == set()


@pytest.mark.parametrize(
    ("source_type", "says_ai"),
    [("trainedAlgorithmicMedia", True), ("compositeWithTrainedAlgorithmicMedia", True), ("digitalCapture", False),
     ("algorithmicMedia", None)],
)  # fmt: skip
def test_the_iptc_source_type_says_what_part_ai_had(tmp_path, source_type, says_ai):
    files = {
        "png": made.png_with(made.text_chunk("XML:com.adobe.xmp", made.xmp(source_type), how="iTXt")),
        "jpeg": made.photo_with("JPEG", xmp=made.xmp(source_type, element=True)),
        "webp": made.photo_with("WEBP", xmp=made.xmp(source_type)),
        "avif": made.photo_with("AVIF", xmp=made.xmp(source_type, element=True)),
        "tiff": made.exif_of(t2BC=made.xmp(source_type), t131=b"Scanner 2\0"),
    }
    for form, content in files.items():
        said = said_by(tmp_path, content, form)
        assert (said["source_type"], said["says_ai"]) == (source_type, says_ai), form
        assert said["fields"]["tools"] == (["Scanner 2", "Paint 4"] if form == "tiff" else ["Paint 4"]), form
        assert ["XMP", "dc:creator", "Ada\nGrace"] in said["lines"], form


def test_plain_exif_is_told_line_by_line(tmp_path):
    exif = made.exif_of(t131=b"Camera 1.0\0", t13B=b"Ada L.\0", t132=b"2026:01:02 03:04:05\0")
    said = said_by(tmp_path, made.photo_with("JPEG", exif=exif), "jpeg")
    assert said == {
        "generator": "",
        "source_type": "",
        "says_ai": None,
        "fields": {"tools": ["Camera 1.0"]},
        "lines": [
            ["EXIF", "Software", "Camera 1.0"],
            ["EXIF", "Artist", "Ada L."],
            ["EXIF", "DateTime", "2026:01:02 03:04:05"],
        ],
        "notes": [],
    }


def test_models_say_who_wrote_them(tmp_path):
    model = model_xml().replace(
        b"<resources>",
        b'<metadata name="Application">Slicer 3</metadata><metadata name="Designer">Ada &amp; Co</metadata><resources>',
    )
    assert CORE.encode() in model
    said = said_by(tmp_path, threemf(model), "3mf")
    assert said["lines"] == [["3MF", "Application", "Slicer 3"], ["3MF", "Designer", "Ada & Co"]]
    assert said["fields"] == {"tools": ["Slicer 3"]}
    document, binary = glb_document()
    document["asset"] |= {"generator": "Exporter 9", "copyright": "2026 Ada", "extras": {"author": "Ada"}}
    source = made.SOURCE + "trainedAlgorithmicMedia"
    packet = {
        "dc:title": {"@type": "rdf:Alt", "rdf:_1": {"@value": "Cube"}},
        "Iptc4xmpExt:DigitalSourceType": source,
    }
    document["extensions"] = {"KHR_xmp_json_ld": {"packets": [packet]}}
    said = said_by(tmp_path, glb_bytes(document, binary), "glb")
    assert said["lines"][:3] == [
        ["glTF asset", "generator", "Exporter 9"],
        ["glTF asset", "copyright", "2026 Ada"],
        ["glTF asset", "extras author", "Ada"],
    ]
    assert ["glTF XMP", "dc:title", "Cube"] in said["lines"]
    assert (said["says_ai"], said["fields"]) == (True, {"tools": ["Exporter 9"]})


def test_the_header_of_a_step_file_is_text_with_its_escapes(tmp_path):
    path = tmp_path / "part.step"
    path.write_bytes(
        b"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('A bracket; it''s light','second'),'2;1');\n"
        b"FILE_NAME('b.step','2026-01-02T03:04:05',('Ada','M\\X2\\00FC\\X0\\ller'),('Works'),'pre 1','CAD 7',$);\n"
        b"FILE_SCHEMA(('AP242'));\nENDSEC;\nDATA;\nFILE_NAME('not this');\nENDSEC;\n"
    )
    assert of_step(str(path)) == {
        "FILE_DESCRIPTION description": "A bracket; it's light, second",
        "FILE_DESCRIPTION implementation level": "2;1",
        "FILE_NAME name": "b.step",
        "FILE_NAME time": "2026-01-02T03:04:05",
        "FILE_NAME author": "Ada, M\u00fcller",
        "FILE_NAME organization": "Works",
        "FILE_NAME preprocessor": "pre 1",
        "FILE_NAME originating system": "CAD 7",
        "FILE_SCHEMA schema": "AP242",
    }


def test_hostile_texts_are_passed_over_in_little_time_and_memory(tmp_path):
    deep = "[" * 200_000 + "]" * 200_000
    ring = {
        str(n): {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 2, "model": [str((n + 1) % 900), 0]}}
        for n in range(900)
    }
    odd = '{"1": {"class_type": "K", "inputs": {"text": "\\ud800\\u0000a", "seed": 1, "steps": 2}}}'
    endless = '{"cfg_scale": NaN, "steps": Infinity, "width": 1e400, "seed": 2}'
    to_itself = b"MM\0*\0\0\0\x08" + b"\xff\xff" + b"\x87\x69\0\4\0\0\0\1\0\0\0\x08" * 600
    too_long = b"II*\0\x08\0\0\0\1\0\x31\1\2\0\xff\xff\xff\x7f" + bytes(8)
    bomb = made.text_chunk("parameters", bytes(30_000_000), how="zTXt")
    small_bomb = made.text_chunk("k", bytes(2_000_000), how="zTXt")[9:-4]
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    files = {
        "deep JSON": made.png_saying(prompt=deep, invokeai_metadata='{"a":' * 100_000),
        "huge text": made.png_with(made.text_chunk("parameters", b"x" * 3_000_000)),
        "zTXt bomb": made.png_with(bomb),
        "many bombs": made.png_with(*[made.chunk(b"zTXt", b"%d" % n + small_bomb) for n in range(500)]),
        "no deflate": made.png_with(made.chunk(b"zTXt", b"parameters\0\0not deflate")),
        "broken UTF-8": made.png_with(made.chunk(b"iTXt", b"parameters\0\0\0\0\0a\xff\xfe lamp\nSteps: 2, Seed: 3")),
        "half characters": made.png_saying(prompt=odd),
        "a ring of nodes": made.png_saying(prompt=ring),
        "numbers without end": made.png_saying(invokeai_metadata='{"seed": ' + "9" * 5000 + "}"),
        "not finite": made.png_saying(invokeai_metadata=endless),
        "odd settings": made.png_saying(parameters="a\nSteps: 2, " + "a " * 100_000 + ", " + "b-" * 100_000),
        "laughs": made.png_with(made.text_chunk("XML:com.adobe.xmp", laughs, how="iTXt")),
        "exif to itself": made.photo_with("JPEG", exif=to_itself),
        "exif of length": made.photo_with("WEBP", exif=too_long),
    }  # fmt: skip
    endings = {b"\x89": "png", b"\xff": "jpg", b"R": "webp"}
    named = {case: (content, f"f.{endings[content[:1]]}") for case, content in files.items()}
    found = outcomes(named, tmp_path, limits=FileLimits(), task="read_making")
    assert {case: outcome.code for case, outcome in found.items() if outcome.code} == {}
    said = {case: outcome.facts for case, outcome in found.items()}
    assert all(_believable(dict(each)) for each in said.values())
    notes = {case: each["notes"] for case, each in said.items() if each["notes"]}
    assert notes == {
        "huge text": ["text_too_long"],
        "zTXt bomb": ["text_too_long"],
        "many bombs": ["text_too_long"],
        "no deflate": ["text_damaged"],
        "laughs": ["xmp_unreadable"],
    }
    assert said["broken UTF-8"]["fields"]["prompt"] == "a\ufffd\ufffd lamp"
    assert said["half characters"]["fields"]["prompt"] == "a"
    assert said["a ring of nodes"]["fields"]["seed"] == "1"
    assert said["numbers without end"]["fields"] == {}
    assert said["not finite"]["fields"] == {"seed": "2", "tools": ["InvokeAI"]}
    assert {case for case, outcome in found.items() if outcome.seconds > 3 or outcome.peak_bytes > 500_000_000} == set()


def test_a_child_that_says_more_than_it_may_is_not_believed():
    assert _believable(NOTHING)
    for odd in (
        {"fields": {"model_name": 7}},
        {"fields": {"other": "x"}},
        {"fields": {"prompt": "x" * 8001}},
        {"fields": {"parameters": {"a": ["b"]}}},
        {"fields": {"parameters": {"a": 2**60}}},
        {"fields": {"seed": "\x00"}},
        {"lines": [["one", "two"]]},
        {"notes": ["what"]},
        {"generator": "x" * 41},
        {"says_ai": "yes"},
        {"more": 1},
    ):
        assert not _believable({**NOTHING, **odd}), odd


def test_in_its_child_a_file_is_read_and_a_failure_is_noted(tmp_path, settings):
    path = tmp_path / "a.png"
    path.write_bytes(made.png_saying(parameters=made.A1111))
    detected = preflight(path, "a.png")
    assert read_making(path, detected, tmp_path)["fields"] == A1111_FIELDS
    path.unlink()
    assert read_making(path, detected, tmp_path) == {**NOTHING, "notes": ["not_read"]}


@needs_corpus
def test_real_files_of_generators_are_read():
    assert CORPUS is not None
    root = CORPUS / "sd-parsers"
    duck = ("AUTOMATIC1111", "235284042", "realistic_realisticVisionV20_v20")
    wanted = {
        "automatic1111_cropped.png": duck,
        "automatic1111_cropped.jpg": duck,
        "text_after_idat.png": duck,
        "img2img_cropped.png": ("ComfyUI", "280823642470253", "v1-5-pruned-emaonly.ckpt"),
        "night_evening_day_morning_cropped.png": ("ComfyUI", "1122440447966177", "AbyssOrangeMix2_hard.safetensors"),
        "noisy_latents_3_subjects_cropped.png": ("ComfyUI", "1084614416978598", "Anything-V3.0.ckpt"),
        "unclip_2pass_cropped.png": ("ComfyUI", "119080905858220", "cardosAnimated_v20.safetensors"),
    }
    found = {}
    for path in root.rglob("*"):
        if path.name in wanted:
            form = {".png": "png", ".jpg": "jpeg"}[path.suffix]
            said = read({"input": str(path), "format": form, "max_pixels": 10**6}, lambda what, part: None)
            assert _believable(said), path.name
            found[path.name] = (said["generator"], said["fields"].get("seed", ""), said["fields"].get("model_name", ""))
    assert found == wanted
