"""The creator's page of the further files of a draft."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.throttle import TooMany, allow
from designs.errors import DesignError
from designs.models import Attachment, Design
from designs.services.attachments import NewAttachment, at_most
from designs.services.received import ReceivedFile
from studio import selectors
from studio.attachment_forms import AttachmentForm, ChangeAttachmentForm
from studio.services.attachments import add_attachment, change_attachment, remove_attachment
from studio.views import own


@login_required
@require_safe
def attachments(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: draft, rows (attachment and its ChangeAttachmentForm), form (AttachmentForm), most, max_bytes."""
    return _page(request, own(request, public_id))


@login_required
@require_http_methods(["GET", "POST"])
def attach(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Add a file; has an address of its own so that the upload island sees by it that the file was taken."""
    design = own(request, public_id)
    if request.method != "POST":
        return redirect("studio:attachments", public_id)
    form = AttachmentForm(request.POST, request.FILES, version=design.versions.latest("number"))
    if form.is_valid():
        data = form.cleaned_data
        file = ReceivedFile(stream=data["file"].file, name=data["file"].name)
        try:
            allow(f"upload:{request.user.pk}", limit=settings.UPLOADS_PER_HOUR, seconds=3600)
            new = NewAttachment(file, role=data["role"], release=data["release"])
            added = add_attachment(actor=request.user, design=design, new=new)  # type: ignore[arg-type]
        except (DesignError, TooMany) as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": added.name})
            return redirect("studio:attachments", public_id)
    return _page(request, design, form=form)


@login_required
@require_POST
def change(request: HttpRequest, public_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponse:
    """Rename a file, or say anew what it is and who gets it."""
    design = own(request, public_id)
    form = ChangeAttachmentForm(request.POST, prefix=str(attachment_id))
    if form.is_valid():
        try:
            change_attachment(actor=request.user, design=design, public_id=attachment_id, **form.cleaned_data)  # type: ignore[arg-type]
        except Attachment.DoesNotExist as error:
            raise Http404 from error
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:attachments", public_id)
    if not Attachment.objects.filter(version__design=design, public_id=attachment_id).exists():
        raise Http404
    return _page(request, design, changed=(attachment_id, form))


@login_required
@require_POST
def remove(request: HttpRequest, public_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponse:
    try:
        name = remove_attachment(actor=request.user, design=own(request, public_id), public_id=attachment_id)  # type: ignore[arg-type]
    except Attachment.DoesNotExist as error:
        raise Http404 from error
    except DesignError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is removed.") % {"name": name})
    return redirect("studio:attachments", public_id)


def _page(
    request: HttpRequest,
    design: Design,
    *,
    form: AttachmentForm | None = None,
    changed: tuple[uuid.UUID, ChangeAttachmentForm] | None = None,
) -> HttpResponse:
    draft = selectors.draft_page(design)
    rows: list[tuple[Attachment, Any]] = [(one, _form_of(one)) for one in draft.attachments]
    if changed is not None:
        rows = [(one, changed[1] if one.public_id == changed[0] else its_own) for one, its_own in rows]
    context = {
        "draft": draft,
        "rows": rows,
        "form": form or AttachmentForm(version=draft.version),
        "most": at_most(),
        "max_bytes": settings.ATTACHMENT_MAX_BYTES,
    }
    refused = form is not None or changed is not None
    return render(request, "studio/attachments.html", context, status=400 if refused else 200)


def _form_of(attachment: Attachment) -> ChangeAttachmentForm:
    now = {"name": attachment.name, "role": attachment.role, "release": attachment.release}
    return ChangeAttachmentForm(initial=now, prefix=str(attachment.public_id))
