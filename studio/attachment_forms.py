"""What creators say of the further files of a draft."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from designs.errors import DesignError
from designs.models import Attachment, DesignVersion
from designs.services.attachments import check_size, room_of


class ChangeAttachmentForm(forms.Form):
    """A file's name, what it is, and who gets it."""

    name = forms.CharField(max_length=160, label=gettext_lazy("Name"))
    role = forms.ChoiceField(choices=Attachment.Role.choices, label=gettext_lazy("What it is"))
    release = forms.ChoiceField(
        choices=Attachment.Release.choices, widget=forms.RadioSelect, label=gettext_lazy("Who gets it")
    )


class AttachmentForm(ChangeAttachmentForm):
    """A new file; its name is its own. `version` is the one that it shall belong to."""

    field_order = ("file", "role", "release")

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("Of any kind. We keep it as it is and never open it."),
    )
    name = None  # type: ignore[assignment]

    def __init__(self, *args: object, version: DesignVersion, **kwargs: object) -> None:
        super().__init__(*args, **{"initial": {"release": Attachment.Release.PRIVATE}, **kwargs})  # type: ignore[arg-type]
        self._version = version

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if not upload.size:
            raise forms.ValidationError(_("The file is empty. Save it again and choose the new file."))
        try:
            check_size(upload.size, room=room_of(self._version))
        except DesignError as error:
            raise forms.ValidationError(str(error)) from error
        return upload
