"""Two doors: the webhook that providers call, and the test provider's page."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import User
from common.money import CURRENCIES, format_amount
from payments.errors import ProviderUnknown, WebhookRefused
from payments.models import PaymentIntent
from payments.providers.test_provider import TestPaymentProvider
from payments.selectors import intent_of_payer
from payments.services import receive_webhook


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider_name: str) -> HttpResponse:
    """A provider's message. 200 for every event that is stored: sending it again would change nothing."""
    try:
        event = receive_webhook(provider_name=provider_name, headers=request.headers, body=request.body)
    except ProviderUnknown as error:
        raise Http404 from error
    except WebhookRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"outcome": event.outcome})


@method_decorator([login_required, never_cache], name="dispatch")
class TestPaymentPage(View):
    """What a card processor's own page would be: shows the amount, pays or declines. The payer's alone."""

    __test__ = False

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        intent = self._intent(request, public_id)
        if intent.state != PaymentIntent.State.CREATED:
            return redirect(intent.return_url)
        amount = format_amount(int(intent.amount), CURRENCIES[intent.currency])
        return render(request, "payments/test_page.html", {"intent": intent, "amount": amount})

    def post(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        intent = self._intent(request, public_id)
        decision = request.POST.get("decision")
        if decision not in {"pay", "decline"}:
            return HttpResponseBadRequest("decision must be pay or decline")
        if intent.state == PaymentIntent.State.CREATED:
            headers, body = TestPaymentProvider().decide(intent, pays=decision == "pay")
            receive_webhook(provider_name=intent.provider, headers=headers, body=body)
        return redirect(intent.return_url)

    def _intent(self, request: HttpRequest, public_id: UUID) -> PaymentIntent:
        if not settings.LOOMPRINT_LOCAL or not isinstance(request.user, User):
            raise Http404
        intent = intent_of_payer(payer=request.user, public_id=public_id)
        if intent is None or intent.provider != TestPaymentProvider.name:
            raise Http404
        return intent
