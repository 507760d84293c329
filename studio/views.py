"""The creator's pages: upload, draft, people, prices."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.money import TUSD, format_amount
from common.paging import key_of
from common.throttle import TooMany, allow
from designs.errors import DesignError
from designs.inspection import InspectionError
from designs.models import Contribution, Design
from designs.selectors import own_design
from designs.services.attachments import NewAttachment
from designs.services.processing import retry_processing, set_watermark
from designs.services.received import ReceivedFile
from designs.services.upload import Part, create_draft
from designs.storage import StorageError
from licensing.models import LicenseTemplate
from studio import forms, selectors
from studio.services import drafts

FILE_ERRORS = (InspectionError, StorageError)


def own(request: HttpRequest, public_id: uuid.UUID) -> Design:
    """The design of whoever asks; nobody else has it."""
    try:
        return own_design(owner=request.user, public_id=public_id)  # type: ignore[arg-type]
    except Design.DoesNotExist as error:
        raise Http404 from error


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Context: designs (selectors.DesignRow), requests (Consent), following (cursor or None)."""
    before = key_of(request.GET.get("before", ""))
    rows = selectors.own_designs(owner=request.user, before=before, limit=25)
    return render(
        request,
        "studio/dashboard.html",
        {
            "designs": rows[:24],
            "requests": selectors.open_requests(account=request.user),
            "following": rows[23].design.pk if len(rows) > 24 else None,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Context: form (UploadForm), parts (PartFormSet; the first row is the creator)."""
    user: Any = request.user
    if request.method == "POST":
        form = forms.UploadForm(request.POST, request.FILES)
        parts = forms.PartFormSet(request.POST, prefix="parts")
        if form.is_valid() and parts.is_valid():
            try:
                allow(f"upload:{user.pk}", limit=settings.UPLOADS_PER_HOUR, seconds=3600)
                design = _create(user, form, parts)
            except FILE_ERRORS as error:
                form.add_error("master", str(error))
            except (DesignError, TooMany) as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Your file has arrived and is being processed."))
                return redirect("studio:design", design.public_id)
    else:
        form = forms.UploadForm()
        mine = {"email": user.email, "role": Contribution.Role.DESIGNER, "percent": 100}
        parts = forms.PartFormSet(prefix="parts", initial=[mine])
    status = 400 if request.method == "POST" else 200
    return render(request, "studio/upload.html", {"form": form, "parts": parts}, status=status)


def _create(user: Any, form: forms.UploadForm, parts: Any) -> Design:
    data = form.cleaned_data
    source = data["source"]
    return create_draft(
        owner=user,
        title=data["title"],
        description=data["description"],
        tags=data["tags"],
        disclosure=data["disclosure"],
        made_with=form.made_with(),
        master=ReceivedFile(stream=data["master"].file, name=data["master"].name),
        attachments=[NewAttachment(ReceivedFile(stream=source.file, name=source.name))] if source else [],
        parts=parts_of(parts),
        units=data["units"],
        up=data["up"],
    )


def parts_of(formset: Any) -> list[Part]:
    """Rows that are neither removed nor left blank."""
    return [form.part() for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]


@login_required
@require_safe
def design(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: draft (selectors.DraftPage)."""
    return render(request, "studio/design.html", {"draft": selectors.draft_page(own(request, public_id))})


@login_required
@require_safe
def design_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the draft page that polls; asks for the whole page when the part above must change too."""
    draft = selectors.draft_page(own(request, public_id))
    response = render(request, "studio/_status.html", {"draft": draft})
    if request.GET.get("seen") not in (None, draft.stage):
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (DetailsForm), draft."""
    draft = selectors.draft_page(own(request, public_id))
    version = draft.version
    initial = {
        "title": draft.design.title,
        "description": draft.design.description,
        "tags": ", ".join(draft.design.tags),
        "disclosure": draft.design.disclosure,
        "model_name": version.model_name,
        "model_version": version.model_version,
        "parameters": json.dumps(version.parameters, indent=2) if version.parameters else "",
        "prompt": version.prompt,
        "seed": version.seed,
        "tools": "\n".join(version.tools),
    }
    form = forms.DetailsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.change_details(
                actor=request.user,  # type: ignore[arg-type]
                design=draft.design,
                title=form.cleaned_data["title"],
                description=form.cleaned_data["description"],
                tags=form.cleaned_data["tags"],
                disclosure=form.cleaned_data["disclosure"],
                made_with=form.made_with(),
            )
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            return saved(request, public_id)
    return render(request, "studio/details.html", {"form": form, "draft": draft})


@login_required
@require_POST
def from_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Keep, drop or take what the file says, for the fields that are posted as `name`; none means all."""
    draft = own(request, public_id)
    wish = request.POST.get("wish", "")
    if wish not in ("keep", "drop", "take"):
        raise Http404
    try:
        drafts.settle_from_file(actor=request.user, design=draft, wish=wish, names=request.POST.getlist("name"))  # type: ignore[arg-type]
    except DesignError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("studio:details", public_id)


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: parts (PartFormSet), draft, error."""
    draft = selectors.draft_page(own(request, public_id))
    error = ""
    if request.method == "POST":
        formset = forms.PartFormSet(request.POST, prefix="parts")
        if formset.is_valid():
            try:
                drafts.change_parts(actor=request.user, design=draft.design, parts=parts_of(formset))  # type: ignore[arg-type]
            except DesignError as refusal:
                error = str(refusal)
            else:
                return saved(request, public_id)
    else:
        rows = [{"email": p.account.email, "role": p.role, "percent": p.percent} for p in draft.parts]
        formset = forms.PartFormSet(prefix="parts", initial=rows)
    return render(request, "studio/people.html", {"parts": formset, "draft": draft, "error": error})


@login_required
@require_http_methods(["GET", "POST"])
def offers(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (OffersForm), draft."""
    draft = selectors.draft_page(own(request, public_id))
    templates = list(LicenseTemplate.objects.filter(active=True))
    now = {f"price_{offer.template.code}": format_amount(offer.price, TUSD).split()[0] for offer in draft.offers}
    form = forms.OffersForm(request.POST or None, initial=now, templates=templates)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.set_first_offers(actor=request.user, design=draft.design, offers=form.wishes)  # type: ignore[arg-type]
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            return saved(request, public_id)
    return render(request, "studio/offers.html", {"form": form, "draft": draft})


@login_required
@require_http_methods(["GET", "POST"])
def frame(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (FrameForm), draft."""
    draft = selectors.draft_page(own(request, public_id))
    now = {"units": draft.version.stated_units, "up": draft.version.stated_up}
    form = forms.FrameForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.state_frame(actor=request.user, design=draft.design, **form.cleaned_data)  # type: ignore[arg-type]
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            return saved(request, public_id)
    return render(request, "studio/frame.html", {"form": form, "draft": draft})


@login_required
@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (ReplaceForm), draft."""
    draft = selectors.draft_page(own(request, public_id))
    form = forms.ReplaceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        master = form.cleaned_data["master"]
        try:
            allow(f"upload:{request.user.pk}", limit=settings.UPLOADS_PER_HOUR, seconds=3600)
            drafts.replace_master(
                actor=request.user,  # type: ignore[arg-type]
                design=draft.design,
                master=ReceivedFile(stream=master.file, name=master.name),
            )
        except FILE_ERRORS as error:
            form.add_error("master", str(error))
        except (DesignError, TooMany) as error:
            form.add_error(None, str(error))
        else:
            return saved(request, public_id)
    return render(request, "studio/replace.html", {"form": form, "draft": draft})


def saved(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("studio:design", public_id)


@login_required
@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    try:
        drafts.discard(actor=request.user, design=own(request, public_id))  # type: ignore[arg-type]
    except DesignError as error:
        messages.error(request, str(error))
        return redirect("studio:design", public_id)
    messages.success(request, _("The draft was discarded."))
    return redirect("studio:dashboard")


@login_required
@require_POST
def watermark(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Mark an image's previews (`wanted` is "1"), or no more."""
    try:
        changed = set_watermark(design=own(request, public_id), wanted=request.POST.get("wanted") == "1")
    except DesignError as error:
        messages.error(request, str(error))
    else:
        if changed:
            messages.success(request, _("The previews are made anew. The former ones stay until then."))
    return redirect("studio:design", public_id)


@login_required
@require_POST
def retry(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    retry_processing(version=own(request, public_id).versions.latest("number"))
    return redirect("studio:design", public_id)
