"""What our Content Credentials say of a file: how it came to be, from what, and where its claim stands. No person."""

from typing import Any

from designs.lineage import shown_by_entry
from designs.models import Design, DesignVersion, Disclosure, EntryAncestor, Rendition

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCES = {
    Disclosure.AI_GENERATED: "trainedAlgorithmicMedia",
    Disclosure.AI_ASSISTED: "compositeWithTrainedAlgorithmicMedia",
}
_MOST_PARENTS = 32
ENTRY_ASSERTION = "example.loomprint.entry"
_DONE = {
    Rendition.Form.GLB: "c2pa.converted",
    Rendition.Form.STL: "c2pa.converted",
    Rendition.Form.THREEMF: "c2pa.converted",
    Rendition.Form.RESIZED: "c2pa.resized.proportional",
}


def manifest_of(version: DesignVersion, *, title: str, form: str, shown: bool = False) -> dict[str, Any]:
    """The manifest definition, with two lists of actions: `created` and `opened`.

    The one counts for a master that brings no manifest of its own, and is delivered as it is; the other where the
    file was made from another one, which is its parent, and `parent` what that is called where it is not opened.
    `shown` is for a picture of the design.
    """
    design = version.design
    source = _SOURCE + _source_of(version)
    if shown:
        action = "c2pa.resized.proportional" if design.kind == Design.Kind.IMAGE else "c2pa.converted"
    else:
        action = _DONE.get(Rendition.Form(form), "c2pa.edited")
    return {
        "claim_generator_info": [{"name": "Loomprint", "version": "1"}],
        "title": title,
        "ingredients": _parents(design),
        "parent": f"urn:loomprint:file:{version.master.sha256}",
        "entry": {
            "label": ENTRY_ASSERTION,
            "data": {
                "chain": design.chain_id,
                "entry": design.entry_id,
                "version": version.number,
                "master_sha256": version.master.sha256,
            },
        },
        "created": [{"action": "c2pa.created", "digitalSourceType": source}],
        "opened": [
            {"action": "c2pa.opened", "parameters": {"ingredientIds": ["master"]}},
            {"action": action, "digitalSourceType": source},
        ],
    }


def _source_of(version: DesignVersion) -> str:
    """IPTC's word for how it was made, from what its creator disclosed."""
    known = _SOURCES.get(Disclosure(version.design.disclosure))
    # Not by a model: by a program, where one is named, else by hand.
    return known or ("algorithmicMedia" if version.model_name else "digitalCreation")


def _parents(design: Design) -> list[dict[str, Any]]:
    """The works that this one derives from, as they stand on the chain; a title only where anyone may see it."""
    lines = EntryAncestor.objects.filter(chain_id=design.chain_id or 0, entry_id=design.entry_id, direct=True)
    entries = list(lines.order_by("position").values_list("ancestor_id", flat=True)[:_MOST_PARENTS])
    shown = shown_by_entry(chain_id=design.chain_id, entry_ids=entries) if design.chain_id and entries else {}
    return [
        {
            "title": shown[entry].title if entry in shown else entry,
            "relationship": "inputTo",
            "instance_id": f"urn:loomprint:entry:{design.chain_id}:{entry}",
        }
        for entry in entries
    ]
