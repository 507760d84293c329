"""Mails of moderation: a receipt, every decision to both sides with its reason, and the way to appeal."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.services import notify
from moderation.models import Appeal, Decision, Report
from moderation.policy import APPEAL_PERIOD, APPEALABLE, NEVER

Action = Decision.Action


def tell_receipt(report: Report) -> None:
    notify(
        user=report.reporter,
        kind="report_received",
        key=str(report.public_id),
        subject=_("We have your report about “%(title)s”") % {"title": report.design.title},
        body=_(
            "You said: %(reason)s.\n\nA moderator reads it and decides. We write to you then, with the reason. "
            "The creator reads what the moderator writes, and never who you are."
        )
        % {"reason": report.get_reason_display()},
        url=report.get_absolute_url(),
    )


def tell_creator(decision: Decision) -> None:
    asks = decision.action == Action.ASK
    parts = [_what_happened(decision), _why(decision)]
    if asks:
        parts.append(_("Please answer on the page below."))
    else:
        parts.append(str(NEVER))
    if decision.action in APPEALABLE:
        days = APPEAL_PERIOD.days
        parts.append(
            ngettext(
                "If you think this is wrong, appeal within %(days)d day. Another moderator decides.",
                "If you think this is wrong, appeal within %(days)d days. Another moderator decides.",
                days,
            )
            % {"days": days}
        )
    subject = _("A question about “%(title)s”") if asks else _("A decision about “%(title)s”")
    notify(
        user=decision.design.owner,
        kind="moderation_question" if asks else "moderation_decision",
        key=str(decision.public_id),
        subject=subject % {"title": decision.design.title},
        body="\n\n".join(parts),
        url=reverse("moderation:answer", args=[decision.case.public_id]) if asks else decision.get_absolute_url(),
    )


def tell_reporters(decision: Decision) -> None:
    """To everybody whose report this decision closes."""
    for report in decision.case.reports.filter(is_open=True).select_related("reporter"):
        notify(
            user=report.reporter,
            kind="report_decided",
            key=f"{report.public_id}:{decision.public_id}",
            subject=_("Your report about “%(title)s” is decided") % {"title": decision.design.title},
            body="\n\n".join(
                [
                    _what_happened(decision),
                    _why(decision),
                    _("If you know something that was not considered, report the design again and say it."),
                ]
            ),
            url=report.get_absolute_url(),
        )


def tell_appeal_received(appeal: Appeal) -> None:
    notify(
        user=appeal.author,
        kind="appeal_received",
        key=str(appeal.public_id),
        subject=_("We have your appeal about “%(title)s”") % {"title": appeal.decision.design.title},
        body=_("Another moderator than the first one reads it and decides. We write to you then."),
        url=appeal.decision.get_absolute_url(),
    )


def tell_appeal_decided(decision: Decision) -> None:
    """To the creator, and to those whose reports led to the first decision."""
    body = "\n\n".join([_what_happened(decision), _why(decision), _("This is the end of the appeal here.")])
    subject = _("The appeal about “%(title)s” is decided") % {"title": decision.design.title}
    appeal = decision.on_appeal
    assert appeal is not None
    notify(
        user=appeal.author,
        kind="appeal_decided",
        key=str(decision.public_id),
        subject=subject,
        body=body,
        url=appeal.decision.get_absolute_url(),
    )
    for report in decision.case.reports.select_related("reporter"):
        notify(
            user=report.reporter,
            kind="appeal_decided",
            key=f"{report.public_id}:{decision.public_id}",
            subject=subject,
            body=body,
            url=report.get_absolute_url(),
        )


def _what_happened(decision: Decision) -> str:
    title = decision.design.title
    match decision.action:
        case Action.DISMISS:
            return _("“%(title)s” stays as it is: the reports about it were dismissed.") % {"title": title}
        case Action.ASK:
            return _("Before a moderator decides about “%(title)s”, something has to be known.") % {"title": title}
        case Action.CORRECT:
            return _("The disclosure of “%(title)s” was corrected.") % {"title": title}
        case Action.CONTEST:
            return _("“%(title)s” is marked as contested: buyers are warned, and sales go on.") % {"title": title}
        case Action.SUSPEND:
            return _("“%(title)s” was taken down: nothing of it is sold.") % {"title": title}
        case Action.RESTORE:
            return _("“%(title)s” was restored and is sold again.") % {"title": title}
        case Action.UPHOLD:
            return _("The appeal about “%(title)s” was upheld: the decision is taken back.") % {"title": title}
        case _:
            return _("The appeal about “%(title)s” was rejected: the decision stands.") % {"title": title}


def _why(decision: Decision) -> str:
    return _("Reason: %(reason)s.\n%(text)s") % {"reason": decision.get_reason_display(), "text": decision.text}
