"""What creators type to name what a draft was made with."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from designs.models import Reference
from studio.errors import PublishingError
from studio.services.references import check_hash

_ENTRY = re.compile(r"0x[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_digits(text: str) -> str:
    """A typed SHA-256 as 64 digits, or nothing. Raises ValidationError for anything else."""
    digits = text.strip().lower().removeprefix("sha256:").removeprefix("0x")
    if digits and not _SHA256.fullmatch(digits):
        raise forms.ValidationError(_("A SHA-256 has 64 hexadecimal digits."))
    return digits


def clean_web_address(address: str) -> str:
    """An address of the web, or nothing. Raises ValidationError for other schemes."""
    if address and not address.startswith(("https://", "http://")):
        raise forms.ValidationError(_("Give an address that begins with https://."))
    return address


class EntryForm(forms.Form):
    """A registered model, program or dataset, by the id of its entry."""

    kind = forms.ChoiceField(choices=Reference.Kind.choices, label=gettext_lazy("What it is"))
    entry_id = forms.CharField(
        max_length=60,
        label=gettext_lazy("Entry"),
        help_text=gettext_lazy("Its id in the registry: 0x and 32 hexadecimal digits."),
    )

    def clean_entry_id(self) -> str:
        entry_id = self.cleaned_data["entry_id"].strip().lower()
        if not _ENTRY.fullmatch(entry_id):
            raise forms.ValidationError(_("An entry's id is 0x and 32 hexadecimal digits."))
        return str(entry_id)


class ElsewhereForm(forms.Form):
    """A thing that is registered nowhere."""

    kind = forms.ChoiceField(choices=Reference.Kind.choices, label=gettext_lazy("What it is"))
    name = forms.CharField(max_length=160, label=gettext_lazy("Name"))
    license = forms.CharField(
        max_length=80,
        label=gettext_lazy("License"),
        help_text=gettext_lazy("Its SPDX identifier, as CC-BY-4.0, or the name that its owner gives it."),
    )
    sha256 = forms.CharField(
        required=False,
        max_length=80,
        label=gettext_lazy("SHA-256"),
        help_text=gettext_lazy(
            "Of its weights, code or archive: by it anybody can tell later that it is the same one."
        ),
    )
    without_hash = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("There is one, above")), *Reference.WithoutHash.choices],
        label=gettext_lazy("Or why there is none"),
        help_text=gettext_lazy("It stands in the record in place of the hash. One of the two is needed."),
    )
    address = forms.URLField(
        required=False, max_length=300, assume_scheme="https", label=gettext_lazy("Where it is found")
    )

    def clean_sha256(self) -> str:
        return sha256_digits(self.cleaned_data["sha256"])

    def clean_address(self) -> str:
        return clean_web_address(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("name", "license"):
            data[name] = " ".join(str(data.get(name, "")).split())
        if "sha256" in data and "without_hash" in data:
            try:
                check_hash(sha256=data["sha256"], without_hash=data["without_hash"])
            except PublishingError as refusal:
                self.add_error("sha256" if refusal.code == "no_hash" else "without_hash", str(refusal))
        return data
