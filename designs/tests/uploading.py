"""A draft as the upload form makes it, its steps not run yet."""

import io

from designs.models import SHARE_UNITS, Design
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft


def uploaded(owner, content: bytes, *, name: str = "lantern.png", title: str = "Lantern", parts=None, **more) -> Design:
    return create_draft(
        owner=owner,
        title=title,
        description="",
        tags=[],
        disclosure="not_ai",
        made_with=MadeWith(),
        master=ReceivedFile(io.BytesIO(content), name),
        parts=parts or [Part(owner, "designer", SHARE_UNITS)],
        **more,
    )
