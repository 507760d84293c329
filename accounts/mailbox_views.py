"""The mailbox page of a local start: whoever can open the site may read every mail that it sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.mailbox import mail_by_id, newest_mails


def _only_locally() -> None:
    if not settings.LOOMPRINT_LOCAL:
        raise Http404


@never_cache
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    _only_locally()
    return render(request, "mailbox/list.html", {"mails": newest_mails()})


@never_cache
@require_safe
def mail_message(request: HttpRequest, mail_id: str) -> HttpResponse:
    _only_locally()
    mail = mail_by_id(mail_id)
    if mail is None:
        raise Http404
    return render(request, "mailbox/message.html", {"mail": mail})
