"""Adding, changing and removing the further files of a draft; as any change, it takes back an open request."""

import uuid

from django.db import transaction

from accounts.models import User
from designs.models import Attachment, Design
from designs.services.attachments import NewAttachment, attach, change, keep_file, room_of
from studio.services.drafts import check_editable, editable


def add_attachment(*, actor: User, design: Design, new: NewAttachment) -> Attachment:
    """Keep a file and add it to a draft. Raises DesignError and StorageError; a refused file's bytes go after a
    day, unless they are another's.
    """
    check_editable(design)
    room_of(design.versions.latest("number"))
    # Before the lock: a hundred megabytes take their time.
    blob = keep_file(new.file)
    with transaction.atomic():
        design = editable(actor=actor, design=design)
        return attach(version=design.versions.latest("number"), new=new, blob=blob)


@transaction.atomic
def change_attachment(*, actor: User, design: Design, public_id: uuid.UUID, name: str, role: str, release: str) -> None:
    """Raises DesignError, and Attachment.DoesNotExist for what is no file of this draft."""
    design = editable(actor=actor, design=design)
    change(attachment=_of(design, public_id), name=name, role=role, release=release)


@transaction.atomic
def remove_attachment(*, actor: User, design: Design, public_id: uuid.UUID) -> str:
    """Take a file off a draft; returns its name. Raises DesignError and Attachment.DoesNotExist."""
    design = editable(actor=actor, design=design)
    attachment = _of(design, public_id)
    attachment.delete()
    return attachment.name


def _of(design: Design, public_id: uuid.UUID) -> Attachment:
    return Attachment.objects.select_related("version").get(
        version=design.versions.latest("number"), public_id=public_id
    )
