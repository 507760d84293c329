"""What people write to moderators, and what moderators decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from designs.models import Disclosure
from moderation.models import Decision, Report


def _lines() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 5})


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong"), choices=Report.Reason.choices, widget=forms.RadioSelect)
    original = forms.CharField(
        label=_("The original"),
        required=False,
        max_length=500,
        help_text=_("For a copy: the address of a design here, a link, or the SHA-256 of the original file."),
    )
    statement = forms.CharField(
        label=_("What a moderator should know"),
        help_text=_("What you see, where it can be checked, and what is yours in it."),
        max_length=4000,
        widget=_lines(),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == Report.Reason.COPY and not data.get("original"):
            self.add_error("original", _("Name the original: a design here, a link, or a file's SHA-256."))
        return data


class StatementForm(forms.Form):
    """An answer to a question, or an appeal."""

    statement = forms.CharField(label=_("What you want to say"), max_length=4000, widget=_lines())


class DecisionForm(forms.Form):
    """The decision about a case; what fits which action is the services' to say."""

    turn = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    action = forms.ChoiceField(label=_("What is to be done"), choices=Decision.Action.choices, widget=forms.RadioSelect)
    disclosure = forms.ChoiceField(
        label=_("Correct disclosure"),
        choices=[("", _("as it is")), *Disclosure.choices],
        required=False,
        help_text=_("Only for a correction."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose a reason")), *Decision.Reason.choices])
    text = forms.CharField(
        label=_("In your own words"),
        help_text=_("The creator and whoever reported it read this."),
        max_length=4000,
        widget=_lines(),
    )


class AppealDecisionForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[
            ("uphold", _("Uphold the appeal: the decision is taken back")),
            ("reject", _("Reject the appeal: the decision stands")),
        ],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In your own words"),
        help_text=_("The creator and whoever reported it read this."),
        max_length=4000,
        widget=_lines(),
    )
