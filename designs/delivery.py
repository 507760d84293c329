"""Handing out files that are kept as they came: always to be saved, never to be shown."""

from django.http import FileResponse

from designs.models import Attachment
from designs.storage import master_store


def attachment_response(attachment: Attachment) -> FileResponse:
    """The bytes of an attachment, whatever they are. Whoever calls has checked who asks. Raises StorageError."""
    response = FileResponse(
        master_store().open(attachment.asset.sha256),
        as_attachment=True,
        filename=attachment.name,
        content_type="application/octet-stream",
    )
    response["Content-Length"] = str(attachment.asset.size)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
