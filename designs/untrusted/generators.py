"""What image generators write of a run: AUTOMATIC1111, ComfyUI, InvokeAI, Fooocus, NovelAI, Midjourney.

Each reader takes text and gives a Run or None; nothing in the text is run, and prompts stay out of the parameters,
which are shown to everybody.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from common import bounded_json

MAX_PROMPT = 8000
MAX_PARAMETER = 200
MAX_LINE = 16 * 1024
MAX_NODES = 5000
MAX_SAMPLERS = 32
SAFE_INTEGER = 2**53 - 1
# Of AUTOMATIC1111's settings those that hold no words of a prompt: extensions write anything under names of their own.
_SETTINGS = {
    "Steps", "Sampler", "Schedule type", "CFG scale", "Distilled CFG Scale", "Size", "Model hash", "VAE", "VAE hash",
    "Clip skip", "Denoising strength", "Hires upscale", "Hires steps", "Hires upscaler", "Hires resize",
    "Variation seed", "Variation seed strength", "Seed resize from", "Face restoration", "ENSD", "Eta", "RNG", "Tiling",
    "Mask blur", "Refiner", "Refiner switch at", "Lora hashes", "TI hashes", "Token merging ratio", "Version",
}  # fmt: skip
_SETTING = re.compile(r'\s*([A-Za-z][\w \-/]{0,60}):\s*("(?:\\.|[^"\\]){0,4000}"|[^,]{0,4000})(?:,|$)')
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_JOB = re.compile(r"\bJob ID:\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_FLAG = re.compile(r"\s--([a-z]+)(?:\s+((?!--)[^\s]+))?")
_MIDJOURNEY_FLAGS = (
    "ar",
    "aspect",
    "stylize",
    "s",
    "chaos",
    "c",
    "quality",
    "q",
    "weird",
    "iw",
    "stop",
    "tile",
    "style",
)
_NOVEL_SETTINGS = ("steps", "width", "height", "scale", "sampler", "noise_schedule", "strength", "cfg_rescale")
_DREAM_FLAG = re.compile(r"\s-([A-Za-z])\s*([^\s]+)")
_DREAM_NAMES = {"s": "steps", "W": "width", "H": "height", "C": "cfg_scale", "A": "sampler", "f": "strength"}


@dataclass
class Run:
    """One run of a generator. `parameters` hold short text and numbers; the seed is text, for it may be long."""

    generator: str
    model_name: str = ""
    model_version: str = ""
    prompt: str = ""
    seed: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    tool: str = ""

    def set(self, **parameters: Any) -> None:
        """Keep those that are short text or ordinary numbers."""
        for name, value in parameters.items():
            kept = plain(value)
            if kept is not None:
                self.parameters[name] = kept


def run_of(texts: Mapping[str, str], comment: str = "", extra: Iterable[str] = ()) -> Run | None:
    """The run that an image's texts tell of: its text chunks by keyword, its EXIF comment, and further EXIF texts."""
    texts = dict(texts)
    for text in extra:
        # ComfyUI's nodes for WebP and JPEG name what they write in front of it.
        name, colon, rest = text.partition(":")
        if colon and name.lower() in ("prompt", "workflow"):
            texts.setdefault(name.lower(), rest)
    readers = (
        lambda: _fooocus(texts.get("parameters", ""), texts.get("fooocus_scheme", "")),
        lambda: _automatic1111(texts.get("parameters", "")),
        lambda: _invoke(texts),
        lambda: _comfy(texts.get("prompt", ""), texts.get("workflow", "")),
        lambda: _novel(texts),
        lambda: _midjourney(texts.get("Description", "")),
        lambda: _fooocus(comment, ""),
        lambda: _automatic1111(comment),
        lambda: next((run for text in extra if (run := _midjourney(text))), None),
    )
    return next((run for reader in readers if (run := reader())), None)


def plain(value: Any) -> str | int | float | bool | None:
    """A value as it may stand among parameters: short text, a safe whole number, a finite one; None for others."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= SAFE_INTEGER else str(value)[:MAX_PARAMETER]
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) < 1e15 else None
    if isinstance(value, str) and value.strip() and len(value) <= MAX_PARAMETER:
        return value.strip()
    return None


def _automatic1111(text: str) -> Run | None:
    lines = text.strip().splitlines()
    at = next((number for number, line in enumerate(lines) if re.match(r"Steps: \d+", line)), None)
    if at is None:
        return None
    settings = _settings("\n".join(lines[at:])[:MAX_LINE])
    version = settings.pop("Version", "")
    run = Run(
        generator="AUTOMATIC1111",
        model_name=settings.pop("Model", ""),
        prompt="\n".join(lines[:at]).strip(),
        seed=settings.pop("Seed", ""),
        tool=f"AUTOMATIC1111 {version}".strip(),
    )
    run.set(**{name: _number(value) for name, value in settings.items() if name in _SETTINGS})
    return run


def _settings(line: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(line) and (match := _SETTING.match(line, place)):
        value = match[2].strip()
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = value[1:-1].replace('\\"', '"')
        found.setdefault(match[1], value)
        place = match.end()
    return found


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _fooocus(text: str, scheme: str) -> Run | None:
    if scheme == "a1111":
        run = _automatic1111(text)
        if run:
            run.generator = "Fooocus"
            run.tool = run.tool.replace("AUTOMATIC1111", "").strip() or "Fooocus"
        return run
    said = _json(text)
    if not isinstance(said, dict) or "base_model" not in said:
        return None
    version = _text(said.get("version"))
    run = Run(
        generator="Fooocus",
        model_name=_text(said.get("base_model")),
        prompt=_with_negative(_text(said.get("prompt")), _text(said.get("negative_prompt"))),
        seed=_text(said.get("seed")),
        tool=version or "Fooocus",
    )
    names = ("steps", "sampler", "scheduler", "guidance_scale", "resolution", "performance", "sharpness", "clip_skip",
             "base_model_hash", "refiner_model", "refiner_switch", "adm_guidance", "vae")  # fmt: skip
    run.set(**{name: said.get(name) for name in names})
    return run


def _invoke(texts: Mapping[str, str]) -> Run | None:
    for key, reader in (("invokeai_metadata", _invoke_now), ("sd-metadata", _invoke_before)):
        said = _json(texts.get(key, ""))
        if isinstance(said, dict):
            return reader(said)
    return _dream(texts.get("Dream", ""))


def _invoke_now(said: dict[str, Any]) -> Run:
    model = said.get("model") if isinstance(said.get("model"), dict) else {}
    assert isinstance(model, dict)
    run = Run(
        generator="InvokeAI",
        model_name=_text(model.get("name") or model.get("model_name")),
        prompt=_with_negative(_text(said.get("positive_prompt")), _text(said.get("negative_prompt"))),
        seed=_text(said.get("seed")),
        tool=f"InvokeAI {_text(said.get('app_version'))}".strip(),
    )
    names = ("generation_mode", "width", "height", "cfg_scale", "steps", "scheduler", "rand_device", "strength",
             "clip_skip")  # fmt: skip
    run.set(**{name: said.get(name) for name in names}, model_hash=model.get("hash"), model_base=model.get("base"))
    return run


def _invoke_before(said: dict[str, Any]) -> Run:
    image = said.get("image") if isinstance(said.get("image"), dict) else {}
    assert isinstance(image, dict)
    prompt = image.get("prompt")
    if isinstance(prompt, list):
        prompt = "\n".join(_text(one.get("prompt")) for one in prompt[:20] if isinstance(one, dict))
    run = Run(
        generator="InvokeAI",
        model_name=_text(said.get("model_weights") or said.get("model")),
        prompt=_text(prompt),
        seed=_text(image.get("seed")),
        tool=f"InvokeAI {_text(said.get('app_version'))}".strip(),
    )
    run.set(**{name: image.get(name) for name in ("steps", "cfg_scale", "sampler", "width", "height", "strength")})
    run.set(model_hash=said.get("model_hash"))
    return run


def _dream(text: str) -> Run | None:
    """A command line of InvokeAI's first years: "a prompt" -s 50 -S 7 -W 512."""
    text = text[:MAX_LINE]
    prompt, quote, flags = text.strip().removeprefix('"').rpartition('"')
    if not quote or not text.lstrip().startswith('"'):
        return None
    run = Run(generator="InvokeAI", prompt=prompt, tool="InvokeAI")
    for flag, value in _DREAM_FLAG.findall(flags):
        if flag == "S":
            run.seed = value
        elif flag in _DREAM_NAMES:
            run.set(**{_DREAM_NAMES[flag]: _number(value)})
    return run if run.seed or run.parameters else None


def _novel(texts: Mapping[str, str]) -> Run | None:
    said = _json(texts.get("Comment", ""))
    if texts.get("Software", "").strip() != "NovelAI" or not isinstance(said, dict):
        return None
    prompt = _text(said.get("prompt")) or texts.get("Description", "")
    run = Run(
        generator="NovelAI",
        model_name=texts.get("Source", "").strip() or "NovelAI",
        prompt=_with_negative(prompt, _text(said.get("uc"))),
        seed=_text(said.get("seed")),
        tool="NovelAI",
    )
    run.set(**{name: said.get(name) for name in _NOVEL_SETTINGS})
    return run


def _midjourney(text: str) -> Run | None:
    text = text[: 2 * MAX_LINE]
    job = _JOB.search(text)
    if job is None:
        return None
    words = text[: job.start()].strip()
    flags = list(_FLAG.finditer(" " + words))
    prompt = words[: max(0, flags[0].start() - 1)] if flags else words
    found = {flag[1]: flag[2] or "" for flag in flags}
    niji = "niji" in found
    version = found.pop("niji" if niji else "version", "") or found.pop("v", "")
    run = Run(
        generator="Midjourney",
        model_name="Niji" if niji else "Midjourney",
        model_version=version,
        prompt=_with_negative(prompt.strip(), found.pop("no", "")),
        seed=found.pop("seed", ""),
        tool="Midjourney",
    )
    known = {name: found[name] for name in _MIDJOURNEY_FLAGS if name in found}
    run.set(job_id=job[1].lower(), **{name: _number(value) if value else True for name, value in known.items()})
    return run


def _comfy(prompt: str, workflow: str) -> Run | None:
    """A graph of nodes; the run is that of its last sampler, and what leads into it."""
    graph = _json(prompt)
    if not isinstance(graph, dict) or len(graph) > MAX_NODES:
        return None
    nodes = {
        key: node for key, node in graph.items() if isinstance(node, dict) and isinstance(node.get("inputs"), dict)
    }
    if not nodes or not any(isinstance(node.get("class_type"), str) for node in nodes.values()):
        return None
    run = Run(generator="ComfyUI", tool="ComfyUI")
    run.set(workflow_sha256=hashlib.sha256((workflow or prompt).encode("utf-8", "replace")).hexdigest())
    samplers = [key for key, node in nodes.items() if _samples(node["inputs"])][:MAX_SAMPLERS]
    # One that no other sampler is behind made the picture.
    fed = {other for key in samplers for other in _upstream(nodes, key) if other != key}
    last = next((key for key in samplers if key not in fed), next(iter(samplers), None))
    scope = list(_upstream(nodes, last)) if last else list(nodes)
    first = [nodes[key]["inputs"] for key in scope]
    run.seed = _text(_first(first, "seed", "noise_seed"))
    run.model_name = _text(_first(first, "ckpt_name", "unet_name", "model_name"))
    for name in ("steps", "cfg", "sampler_name", "scheduler", "denoise", "width", "height"):
        run.set(**{name: _first(first, name)})
    inputs = nodes[last]["inputs"] if last else {}
    positive, negative = _words(nodes, inputs.get("positive")), _words(nodes, inputs.get("negative"))
    run.prompt = _with_negative(positive if "positive" in inputs else _words_of(first), negative)
    return run


def _samples(inputs: Mapping[str, Any]) -> bool:
    return "steps" in inputs and ("seed" in inputs or "noise_seed" in inputs)


def _upstream(nodes: Mapping[str, Any], start: str) -> Iterator[str]:
    """A node and every node that it takes from, nearest first, each once."""
    seen, waiting = {start}, [start]
    for key in waiting:
        if key not in nodes:
            continue
        yield key
        for value in nodes[key]["inputs"].values():
            if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] not in seen:
                seen.add(value[0])
                waiting.append(value[0])


def _first(inputs: Iterable[Mapping[str, Any]], *names: str) -> Any:
    return next((each[name] for each in inputs for name in names if plain(each.get(name)) is not None), None)


def _words(nodes: Mapping[str, Any], link: Any) -> str:
    if not (isinstance(link, list) and link and isinstance(link[0], str) and link[0] in nodes):
        return ""
    return _words_of([nodes[key]["inputs"] for key in _upstream(nodes, link[0])])


def _words_of(inputs: Iterable[Mapping[str, Any]]) -> str:
    names = ("text", "text_g", "text_l", "t5xxl", "clip_l", "prompt")
    found = (each[name].strip() for each in inputs for name in names if isinstance(each.get(name), str))
    return "\n".join(dict.fromkeys(one for one in found if one))


def _with_negative(prompt: str, negative: str) -> str:
    """Both as AUTOMATIC1111 writes them: words that were to be avoided are as private as the others."""
    return f"{prompt}\nNegative prompt: {negative}".strip() if negative else prompt


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip() if not isinstance(value, float) or math.isfinite(value) else ""


def _json(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        # NaN is no JSON, and ComfyUI writes it into `is_changed`.
        return bounded_json.loads(text.encode("utf-8", "replace"))
    except (ValueError, json.JSONDecodeError, RecursionError):
        return None
