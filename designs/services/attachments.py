"""Further files of a version: kept as they come, within limits, never opened by us. Whoever calls holds the draft."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from designs.errors import DesignError
from designs.file_names import safe_file_name
from designs.models import Attachment, DesignVersion
from designs.provenance import ATTACHMENT_KEYS
from designs.services.received import OPAQUE, ReceivedFile, asset_of
from designs.storage import StoredBlob, master_store
from designs.storage.base import readable


@dataclass(frozen=True)
class NewAttachment:
    """A file in hand, what it is (Attachment.Role), and who gets it (Attachment.Release)."""

    file: ReceivedFile
    role: str = Attachment.Role.SOURCE
    release: str = Attachment.Release.PRIVATE


def at_most() -> int:
    """How many files a version can have: by the settings, and never more than a record has fields for."""
    return min(settings.ATTACHMENTS_AT_MOST, len(ATTACHMENT_KEYS))


def room_of(version: DesignVersion) -> int:
    """How many bytes the next file may have. Raises DesignError when there is room for none."""
    there = version.attachments.aggregate(size=Sum("asset__size", default=0))["size"]
    if version.attachments.count() >= at_most():
        most = at_most()
        sentence = ngettext(
            "A design can have %(most)d file beside its own. Remove it first, or pack several into one.",
            "A design can have %(most)d files beside its own. Remove one first, or pack several into one.",
            most,
        )
        raise DesignError("too_many_files", sentence % {"most": most})
    left = settings.ATTACHMENTS_MAX_BYTES - there
    if left <= 0:
        raise _together()
    return min(left, settings.ATTACHMENT_MAX_BYTES)


def check_size(size: int, *, room: int) -> None:
    """Raise DesignError unless a file of that many bytes fits into what `room_of` said."""
    if size > settings.ATTACHMENT_MAX_BYTES:
        raise DesignError(
            "file_too_large",
            _("The file has %(size)s; the limit is %(limit)s. Pack it, or leave out what nobody needs.")
            % {"size": readable(size), "limit": readable(settings.ATTACHMENT_MAX_BYTES)},
        )
    if size > room:
        raise _together()


def keep_file(file: ReceivedFile) -> StoredBlob:
    """Its bytes in the private store, hashed as they come. Raises FileTooLarge or EmptyFile."""
    return master_store().put(file.stream, max_bytes=settings.ATTACHMENT_MAX_BYTES)


def attach(*, version: DesignVersion, new: NewAttachment, blob: StoredBlob) -> Attachment:
    """Add a kept file to a version that is held locked. Raises DesignError."""
    check_size(blob.size, room=room_of(version))
    name = _free_name(version, new.file.name)
    same = version.attachments.filter(asset__sha256=blob.sha256).first()
    if same is not None:
        raise DesignError("file_twice", _("This very file is there already, as “%(name)s”.") % {"name": same.name})
    return Attachment.objects.create(
        version=version,
        asset=asset_of(blob, media_type=OPAQUE),
        name=name,
        role=new.role,
        release=new.release,
    )


def change(*, attachment: Attachment, name: str, role: str, release: str) -> None:
    """Rename a file of a version that is held locked, and say anew what it is and who gets it. Raises DesignError."""
    name = _free_name(attachment.version, name, but=attachment)
    Attachment.objects.filter(pk=attachment.pk).update(name=name, role=role, release=release)


def _free_name(version: DesignVersion, wanted: str, *, but: Attachment | None = None) -> str:
    name = safe_file_name(wanted)
    if not name:
        raise DesignError("no_file_name", _("The file needs a name of letters or digits."))
    others = version.attachments.exclude(pk=but.pk) if but is not None else version.attachments.all()
    if others.filter(name__iexact=name).exists():
        raise DesignError(
            "file_name_twice",
            _("There is a file named “%(name)s” already. Give one of them another name.") % {"name": name},
        )
    return name


def _together() -> DesignError:
    return DesignError(
        "files_too_large",
        _("All files together can have %(limit)s. Remove one first, or make this one smaller.")
        % {"limit": readable(settings.ATTACHMENTS_MAX_BYTES)},
    )
