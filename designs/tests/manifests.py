"""Content Credentials as other programs make them: with what they like, and bound to a file in each way there is."""

import io
import json
from typing import Any

from c2pa import Builder, C2paSignerInfo, C2paSigningAlg, Context, Signer
from cryptography.hazmat.primitives import serialization

from designs.credentials import Certificate

CREATED = {
    "label": "c2pa.actions.v2",
    "data": {
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            }
        ]
    },
}


def signed_elsewhere(
    content: bytes,
    media_type: str,
    certificate: Certificate,
    *,
    assertions: list[dict[str, Any]] | None = None,
    ingredients: list[bytes] | None = None,
    thumbnail: bool = False,
    embedded: bool = True,
    intent: Any = None,
) -> tuple[bytes, bytes]:
    """The manifest, and the file, with it in it if `embedded`. Its ingredients are of its own type."""
    definition = {
        "claim_generator_info": [{"name": "Another Studio", "version": "7"}],
        "title": "Copper Vase",
        "assertions": [CREATED, *(assertions or [])] if intent is None else (assertions or []),
    }
    settings = {
        "version": 1,
        "builder": {"thumbnail": {"enabled": thumbnail}},
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    key = certificate.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with Builder(json.dumps(definition), context=Context.from_dict(settings)) as builder:
        if intent is not None:
            builder.set_intent(intent)
        if not embedded:
            builder.set_no_embed()
        for number, one in enumerate(ingredients or []):
            named = {"title": f"part {number}", "relationship": "componentOf"}
            builder.add_ingredient(json.dumps(named), media_type, io.BytesIO(one))
        signer = Signer.from_info(C2paSignerInfo(C2paSigningAlg.ES256, certificate.chain.encode(), key, None))
        made = io.BytesIO()
        manifest = bytes(builder.sign(signer, media_type, io.BytesIO(content), made))
    return manifest, made.getvalue() if embedded else content
