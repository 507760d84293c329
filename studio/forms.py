"""What creators type: the upload, the people, the prices."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common import bounded_json
from common.money import AmountError
from designs.errors import DesignError
from designs.models import SHARE_UNITS, Contribution, Disclosure, LengthUnit, PublicCopy, UpAxis
from designs.provenance import RecordError, check_field
from designs.services.attachments import check_size
from designs.services.upload import MadeWith, Part
from licensing.models import LicenseTemplate
from studio.addresses import OwnAddress
from studio.services.drafts import OfferWish, price_of

MAX_TAGS = 12
MAX_TOOLS = 8
MAX_PARTS = 20
PARAMETERS_MAX_BYTES = 64 * 1024


class DetailsForm(forms.Form):
    """What a design says of itself and of how it was made."""

    title = forms.CharField(max_length=120, label=gettext_lazy("Title"))
    description = forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Description"),
    )
    tags = forms.CharField(
        required=False,
        max_length=400,
        label=gettext_lazy("Tags"),
        help_text=gettext_lazy("Separated by commas, at most 12."),
    )
    disclosure = forms.ChoiceField(
        choices=Disclosure.choices,
        widget=forms.RadioSelect,
        label=gettext_lazy("Part of AI"),
        help_text=gettext_lazy("Buyers see this. It cannot be left open."),
    )
    model_name = forms.CharField(max_length=160, required=False, label=gettext_lazy("Model or program"))
    model_version = forms.CharField(max_length=80, required=False, label=gettext_lazy("Version"))
    parameters = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        label=gettext_lazy("Parameters"),
        help_text=gettext_lazy('A JSON object, for example {"period": 1.5}.'),
    )
    prompt = forms.CharField(
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Prompt"),
        help_text=gettext_lazy("Stays private. You can prove it later without showing the rest of the record."),
    )
    seed = forms.CharField(max_length=80, required=False, label=gettext_lazy("Seed"))
    tools = forms.CharField(
        max_length=1400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label=gettext_lazy("Tools"),
        help_text=gettext_lazy("Programs that had a part in it, one a line, at most 8."),
    )

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_tags(self) -> list[str]:
        tags = [tag.strip().lower() for tag in self.cleaned_data["tags"].split(",")]
        tags = list(dict.fromkeys(tag for tag in tags if tag))
        if len(tags) > MAX_TAGS:
            raise forms.ValidationError(_("At most 12 tags; you gave %(count)s.") % {"count": len(tags)})
        if any(len(tag) > 32 for tag in tags):
            raise forms.ValidationError(_("A tag can have 32 characters at most."))
        return tags

    def clean_parameters(self) -> dict[str, Any]:
        text = self.cleaned_data["parameters"].strip()
        if not text:
            return {}
        if len(text.encode()) > PARAMETERS_MAX_BYTES:
            raise forms.ValidationError(_("The parameters are larger than 64 kB. Attach them as the source file."))
        try:
            value = bounded_json.loads(text.encode())
        except json.JSONDecodeError as error:
            raise forms.ValidationError(_("This is not valid JSON: %(why)s.") % {"why": error}) from error
        except ValueError as error:
            raise forms.ValidationError(
                _(
                    "This cannot be kept: it is nested too deeply, or a number in it is too long. "
                    "Put the number in quotes, as text, or attach it all as a file."
                )
            ) from error
        if not isinstance(value, dict):
            raise forms.ValidationError(_("Parameters must be a JSON object: names and values in braces."))
        try:
            check_field("parameters", value)
        except RecordError as error:
            raise forms.ValidationError(str(error)) from error
        return value

    def clean_tools(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["tools"].splitlines()]
        tools = list(dict.fromkeys(line for line in lines if line))
        if len(tools) > MAX_TOOLS:
            raise forms.ValidationError(_("At most 8 tools; you gave %(count)s.") % {"count": len(tools)})
        if any(len(tool) > 160 for tool in tools):
            raise forms.ValidationError(_("A tool can have 160 characters at most."))
        return tools

    def made_with(self) -> MadeWith:
        data = self.cleaned_data
        return MadeWith(
            model_name=data["model_name"],
            model_version=data["model_version"],
            parameters=data["parameters"],
            prompt=data["prompt"],
            seed=data["seed"],
            tools=data["tools"],
        )


def clean_master(upload: UploadedFile) -> UploadedFile:
    """Size rules that need no parser; the rest is said by preflight."""
    if upload.size == 0:
        raise forms.ValidationError(_("The file is empty. Export it again and choose the new file."))
    if (upload.size or 0) > settings.ASSET_MAX_BYTES:
        raise forms.ValidationError(
            _("The file has %(size)s; the limit is %(limit)s. Reduce it and upload it again.")
            % {"size": filesizeformat(upload.size or 0), "limit": filesizeformat(settings.ASSET_MAX_BYTES)}
        )
    return upload


class FrameForm(forms.Form):
    """What STL, OBJ, PLY and OFF do not say: how long a unit is, and which way is up."""

    units = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Not stated")), *LengthUnit.choices],
        label=gettext_lazy("Unit of length"),
        help_text=gettext_lazy("STL, OBJ, PLY and OFF have none. Buyers see that you stated it."),
    )
    up = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Not stated: as usual for the format")), *UpAxis.choices],
        label=gettext_lazy("Which axis points up"),
        help_text=gettext_lazy("Pictures and overhangs follow it."),
    )


class UploadForm(FrameForm, DetailsForm):
    """A new design: its file first."""

    field_order = ("master", "units", "up", "title", "description", "tags", "disclosure")

    master = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy(
            "PNG, JPEG, WebP, AVIF or TIFF; GLB, glTF, STL, 3MF, STEP, OBJ, PLY or OFF; an OBJ or glTF with its "
            "textures as one ZIP. It stays private; previews are made from it."
        ),
    )
    source = forms.FileField(
        required=False,
        label=gettext_lazy("Source or workflow file"),
        help_text=gettext_lazy(
            "It stays with you; only its hash is recorded. More files, and files for buyers, are added on the page of "
            "the draft."
        ),
    )

    def clean_master(self) -> UploadedFile:
        return clean_master(self.cleaned_data["master"])

    def clean_source(self) -> UploadedFile | None:
        source = self.cleaned_data["source"] or None  # False, where a box was ticked that our page does not have
        if source is not None:
            try:
                check_size(source.size, room=settings.ATTACHMENTS_MAX_BYTES)
            except DesignError as error:
                raise forms.ValidationError(str(error)) from error
        return source


class ReplaceForm(forms.Form):
    """Another file in the place of one that could not be read."""

    master = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)

    def clean_master(self) -> UploadedFile:
        return clean_master(self.cleaned_data["master"])


class PartForm(forms.Form):
    """A co-creator: an account by its e-mail address, a role, a percentage."""

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    role = forms.ChoiceField(choices=Contribution.Role.choices, label=gettext_lazy("Role"))
    percent = forms.DecimalField(
        min_value=0, max_value=100, max_digits=7, decimal_places=4, label=gettext_lazy("Share, %")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        email = data.get("email")
        if email:
            self.account = User.objects.filter(email__iexact=email, is_active=True).first()
            if self.account is None:
                self.add_error("email", _("There is no account with this address. Ask them to sign up, then add them."))
        return data

    def part(self) -> Part:
        return Part(
            account=self.account,  # type: ignore[arg-type]
            role=self.cleaned_data["role"],
            units=int(self.cleaned_data["percent"] * SHARE_UNITS / 100),
        )


class People(forms.BaseFormSet):
    """The rows of everyone who has a part."""

    default_error_messages = {
        "too_many_forms": gettext_lazy("At most %(num)d people can have a part."),
        "too_few_forms": gettext_lazy("At least %(num)d person needs a part."),
    }


PartFormSet = forms.formset_factory(
    PartForm,
    formset=People,
    extra=0,
    can_delete=True,
    max_num=MAX_PARTS,
    absolute_max=2 * MAX_PARTS,
    validate_max=True,
    min_num=1,
    validate_min=True,
)


class OffersForm(forms.Form):
    """A price for each license template; empty means not offered."""

    def __init__(self, *args: Any, templates: list[LicenseTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.templates = templates
        for template in templates:
            self.fields[f"price_{template.code}"] = forms.CharField(
                required=False,
                max_length=40,
                label=template.title,
                help_text=template.summary,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.wishes: list[OfferWish] = []
        for template in self.templates:
            name = f"price_{template.code}"
            text = (data.get(name) or "").strip()
            if not text:
                continue
            try:
                self.wishes.append(OfferWish(template=template, price=price_of(text)))
            except AmountError as error:
                self.add_error(name, str(error))
        if not self.wishes and not self.errors:
            raise forms.ValidationError(_("Set a price for at least one license."))
        return data


class AddressForm(forms.Form):
    """One of a person's addresses; each says who keeps its key."""

    address = forms.ChoiceField(widget=forms.RadioSelect, label=gettext_lazy("Address"))

    def __init__(self, *args: Any, addresses: list[OwnAddress], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["address"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(own.address, address_words(own)) for own in addresses]


def address_words(own: OwnAddress) -> str:
    """An address as people choose it."""
    if own.custodial:
        return _("Kept by Loomprint, signs with your password: %(address)s") % {"address": own.address}
    if own.label:
        return _("%(label)s, your own wallet: %(address)s") % {"label": own.label, "address": own.address}
    return _("Your own wallet: %(address)s") % {"address": own.address}


class ConfirmForm(AddressForm):
    """The address that signs, and a fresh confirmation where its key is one that we keep."""

    password = forms.CharField(
        error_messages={"required": gettext_lazy("Type your password: the key that we keep signs only with it.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label=gettext_lazy("Your password"),
        help_text=gettext_lazy("The key that we keep signs only with it. What is signed is shown above."),
    )
    keep = forms.BooleanField(
        label=gettext_lazy("I understand that what is anchored stays on the chain: addresses and hashes, no names.")
    )

    def __init__(self, *args: Any, addresses: list[OwnAddress], preferred: str, **kwargs: Any) -> None:
        super().__init__(*args, addresses=addresses, **kwargs)
        self.custody = addresses[0].address
        self.has_choice = len(addresses) > 1
        self.fields["address"].initial = preferred
        self.fields["address"].label = _("Who signs, and holds your shares")
        if not self.has_choice:
            self.fields["address"].required = False
            self.fields["address"].widget = forms.HiddenInput()
        password = self.fields["password"]
        password.required = not self.is_bound or self.data.get("address", self.custody) == self.custody
        # Without JavaScript the field stands there for a wallet too, and a browser must let it be empty.
        password.widget.use_required_attribute = lambda _initial: not self.has_choice

    @property
    def chosen(self) -> str:
        return str(self.cleaned_data.get("address") or self.custody)

    @property
    def custodial(self) -> bool:
        return self.chosen == self.custody


class DerivativesForm(forms.Form):
    """Whether others may derive from a design, and what for."""

    no_part = gettext_lazy("Say which part you ask for, 0 if none.")
    open = forms.ChoiceField(
        choices=[
            ("no", gettext_lazy("No: nobody may register a work that derives from it")),
            ("yes", gettext_lazy("Yes: anyone may, on the terms below")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("May others derive from it"),
    )
    percent = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=50,
        max_digits=6,
        decimal_places=4,
        label=gettext_lazy("Your part, %"),
        help_text=gettext_lazy("Of what a sale of the derived work brings after Loomprint's fee. 50 at most."),
    )
    reach = forms.ChoiceField(
        required=False,
        choices=[
            ("children", gettext_lazy("Works that derive from it directly; their makers pass it on out of their part")),
            ("all", gettext_lazy("These, and every work that derives from them, each on top of what they ask")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("Who owes it"),
    )
    minimum = forms.CharField(
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        label=gettext_lazy("Least fee for each sale, tUSD"),
        help_text=gettext_lazy(
            "A derived work cannot be priced so low that your part, before our fee, is less. Empty: none."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        minimum = 0
        if data.get("open") == "yes":
            if data.get("percent") is None and "percent" not in self.errors:
                self.add_error("percent", self.no_part)
            if text := (data.get("minimum") or "").strip():
                try:
                    minimum = price_of(text)
                except AmountError as error:
                    self.add_error("minimum", str(error))
        self.terms: dict[str, Any] = {
            "open": data.get("open") == "yes",
            "binding": data.get("reach") == "all",
            "ppm": int((data.get("percent") or 0) * 10_000),
            "minimum": minimum,
        }
        return data


class AcceptForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label=gettext_lazy("Your password"),
    )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The creator reads this."),
    )


class PublicCopyForm(forms.Form):
    """Where an encrypted copy goes, and that its maker knows what that means."""

    place = forms.ChoiceField(choices=PublicCopy.Place.choices)
    understood = forms.BooleanField(required=False)
