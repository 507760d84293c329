"""What owners type to register a model, program or data set."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from designs.models import Reference, Resource
from studio.forms import DerivativesForm
from studio.reference_forms import clean_web_address, sha256_digits
from studio.services.resources import FileHash, ResourceWords, hash_file

_SPACES = re.compile(r"\s+")


class ResourceForm(DerivativesForm):
    """What it is, its hash, and what it asks of works that are made with it."""

    no_part = gettext_lazy("Say which part you ask for, or choose that designs owe you nothing.")
    kind = forms.ChoiceField(choices=Reference.Kind.choices, widget=forms.RadioSelect, label=gettext_lazy("What it is"))
    name = forms.CharField(max_length=120, label=gettext_lazy("Name"))
    version = forms.CharField(max_length=80, required=False, label=gettext_lazy("Version"))
    description = forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Description"),
    )
    license = forms.CharField(
        max_length=80,
        label=gettext_lazy("License"),
        help_text=gettext_lazy("Its SPDX identifier, as Apache-2.0, or the name that you give it."),
    )
    license_address = forms.URLField(
        required=False, max_length=300, assume_scheme="https", label=gettext_lazy("Address of the license's text")
    )
    address = forms.URLField(
        required=False, max_length=300, assume_scheme="https", label=gettext_lazy("Address of its page")
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Weights, code or archive. We compute its SHA-256 and do not keep it."),
    )
    sha256 = forms.CharField(
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        label=gettext_lazy("SHA-256"),
        help_text=gettext_lazy("In place of the file, if it is too large to send. Its page says that you stated it."),
    )
    open = forms.ChoiceField(
        choices=[
            ("yes", gettext_lazy("Yes: each design that names it owes you a part of its sales")),
            ("no", gettext_lazy("No: designs can name it, and owe you nothing")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("Do designs made with it owe you a part"),
    )

    field_order = ("kind", "name", "version", "description", "license", "license_address", "address", "file", "sha256")

    def __init__(self, *args: Any, resource: Resource | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource = resource
        self.fields["percent"].help_text = _("Of what a sale of the design brings after Loomprint's fee. 50 at most.")
        reach = self.fields["reach"]
        assert isinstance(reach, forms.ChoiceField)
        reach.choices = [
            ("children", _("Designs that are made with it; works that derive from those owe it to them alone")),
            ("all", _("These, and every work that derives from them, each on top of what they ask")),
        ]
        self.fields["minimum"].help_text = _(
            "A design cannot be priced so low that your part, before our fee, is less. Empty: none."
        )

    def clean_name(self) -> str:
        return _in_one_line(self.cleaned_data["name"])

    def clean_version(self) -> str:
        return _in_one_line(self.cleaned_data["version"])

    def clean_license(self) -> str:
        return _in_one_line(self.cleaned_data["license"])

    def clean_license_address(self) -> str:
        return clean_web_address(self.cleaned_data["license_address"])

    def clean_address(self) -> str:
        return clean_web_address(self.cleaned_data["address"])

    def clean_sha256(self) -> str:
        return sha256_digits(self.cleaned_data["sha256"])

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not upload:  # False, where a box was ticked that our page does not have
            return None
        if not upload.size:
            raise forms.ValidationError(_("The file is empty. Choose the one that is registered."))
        if upload.size > settings.ASSET_MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size)s; we take %(limit)s at most. State its SHA-256 instead: below, it is computed.")
                % {"size": filesizeformat(upload.size), "limit": filesizeformat(settings.ASSET_MAX_BYTES)}
            )
        return upload

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("open") == "yes" and "percent" not in self.errors and not data.get("percent"):
            self.add_error("percent", self.no_part)
        if not self.errors:
            self.hashed = self._hash_of(data.get("file"), data.get("sha256", ""))
        return data

    def _hash_of(self, upload: Any, stated: str) -> FileHash | None:
        """What the form says of the hash; None keeps that of the draft."""
        kept = self.resource.sha256 if self.resource else ""
        if upload is not None:
            found = hash_file(upload.file, size=upload.size)
            if stated and stated not in (found.sha256, kept):
                self.add_error("sha256", _("The file that you chose has another SHA-256. Send one of the two."))
            return found
        if stated == kept and kept:
            return None
        if not stated:
            self.add_error("file", _("Choose the file, or state its SHA-256 below."))
        return FileHash(stated)

    @property
    def words(self) -> ResourceWords:
        data = self.cleaned_data
        names = ("kind", "name", "version", "description", "license", "license_address", "address")
        said: dict[str, Any] = {name: data[name] for name in names}
        return ResourceWords(**said, **self.terms)


def _in_one_line(text: str) -> str:
    """Spaces between words alone; raises for a name of nothing but marks that nobody sees."""
    text = _SPACES.sub(" ", text).strip()
    if text and not text.isprintable():
        raise forms.ValidationError(_("This holds a character that cannot be seen. Type it again."))
    return text
