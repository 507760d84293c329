"""Wallets over HTTP: the message to sign, the answer to it, and the pages around them."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.mixins import CloseableSignupMixin, RedirectAuthenticatedUserMixin
from allauth.account.utils import complete_signup
from allauth.account.views import BaseReauthenticateView
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from eth_utils.address import is_address, to_checksum_address

from accounts.errors import WalletRefused
from accounts.forms import WalletLabelForm, WalletSignupForm
from accounts.models import User, Wallet
from accounts.selectors import ways_in
from accounts.services import (
    Proof,
    Site,
    issue_challenge,
    label_wallet,
    link_wallet,
    prove_wallet,
    unlink_wallet,
)
from accounts.siwe import NotAMessage
from accounts.wallet_sign_in import (
    confirm_with_wallet,
    newcomer,
    promise_wallet,
    safe_next,
    sign_in_with_wallet,
)
from common import bounded_json

CHALLENGE_KEY = "wallet_challenge"
LONGEST_BODY = 32 * 1024
PURPOSES = ("sign_in", "link", "confirm")
STATUS = {"unreachable": 503, "taken": 409, "own": 409, "last": 409}


@never_cache
@require_POST
def wallet_message(request: HttpRequest) -> JsonResponse:
    """Ask {purpose, address}, get {message} to sign; this session's question before is void."""
    if not ratelimit.consume(request, action="wallet_message"):
        return _too_often()
    asked = _body(request)
    purpose, address = asked.get("purpose"), asked.get("address")
    if purpose not in PURPOSES or not isinstance(address, str) or not is_address(address):
        return _refused(_("This page asked for something that Loomprint does not know. Load it again."))
    if refusal := _not_now(request, purpose):
        return refusal
    try:
        message = issue_challenge(purpose=purpose, address=to_checksum_address(address), site=_site(request))
    except NotAMessage:
        return _refused(_("Loomprint cannot be signed in to by this address of the site."))
    request.session[CHALLENGE_KEY] = {"nonce": message.nonce, "purpose": purpose}
    return JsonResponse({"message": message.text()})


@never_cache
@require_POST
def wallet_proof(request: HttpRequest) -> JsonResponse:
    """Bring {message, signature, next}, get {next}: where to go. The question is used up whatever comes of it."""
    if not ratelimit.consume(request, action="wallet_proof"):
        return _too_often()
    held = request.session.pop(CHALLENGE_KEY, {"nonce": "", "purpose": "sign_in"})
    if refusal := _not_now(request, held["purpose"]):
        return refusal
    brought = _body(request)
    try:
        proof = prove_wallet(
            nonce=held["nonce"],
            purpose=held["purpose"],
            text=_text(brought, "message"),
            signature=_signature(brought),
            site=_site(request),
        )
        return JsonResponse({"next": _go_on(request, held["purpose"], proof, safe_next(_text(brought, "next")))})
    except WalletRefused as refused:
        return _refused(str(refused), refused.next_step, status=STATUS.get(refused.code, 422))


def _go_on(request: HttpRequest, purpose: str, proof: Proof, next_url: str) -> str:
    if purpose == "sign_in":
        return sign_in_with_wallet(request, proof=proof, next_url=next_url)
    if purpose == "confirm":
        confirm_with_wallet(request, user=_person(request), proof=proof)
        return next_url or reverse("accounts:overview")
    wallet = link_wallet(user=_person(request), proof=proof)
    messages.success(request, _("The wallet is linked. You can sign in with it from now on."))
    return reverse("accounts:wallet", args=[wallet.pk])


def _not_now(request: HttpRequest, purpose: str) -> JsonResponse | None:
    """Signing in is for those who are not, the rest for those who are; linking needs a fresh confirmation."""
    if purpose == "sign_in":
        if request.user.is_authenticated:
            return _refused(_("You are signed in already."), _("Load the page again."), status=409)
        return None
    if not request.user.is_authenticated:
        return _refused(_("You are not signed in any more."), _("Sign in and try again."), status=403)
    if purpose == "link" and _must_confirm(request):
        return _refused(
            _("It is a while ago that you confirmed that it is you."), _("Load the page again."), status=403
        )
    return None


def _must_confirm(request: HttpRequest) -> bool:
    from allauth.account.internal.flows.reauthentication import is_reauthentication_required
    from allauth.core.exceptions import ReauthenticationRequired

    try:
        return bool(is_reauthentication_required(request, app=""))
    except ReauthenticationRequired:
        return True


def _site(request: HttpRequest) -> Site:
    return Site(
        scheme=str(request.scheme),
        domain=request.get_host(),
        uri=request.build_absolute_uri(reverse("accounts:wallet_proof")),
    )


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in account.")
    return request.user


def _body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > LONGEST_BODY:
        return {}
    try:
        found = bounded_json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(brought: dict[str, Any], name: str) -> str:
    value = brought.get(name)
    return value if isinstance(value, str) else ""


def _signature(brought: dict[str, Any]) -> bytes:
    try:
        return bytes.fromhex(_text(brought, "signature").removeprefix("0x"))
    except ValueError:
        return b""


def _refused(sentence: str, next_step: str = "", *, status: int = 422) -> JsonResponse:
    return JsonResponse({"sentence": sentence, "nextStep": next_step}, status=status)


def _too_often() -> JsonResponse:
    return _refused(_("That was too often."), _("Wait a minute and try again."), status=429)


@method_decorator(never_cache, name="dispatch")
class WalletSignUpView(RedirectAuthenticatedUserMixin, CloseableSignupMixin, FormView):
    """Name and e-mail address of somebody whose wallet has no account yet; the address is confirmed by a code."""

    form_class = WalletSignupForm
    template_name = "account/wallet_sign_up.html"
    success_url = "/"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and newcomer(request) is None:
            messages.info(request, _("Show your wallet first: it is asked for a signature, which costs nothing."))
            return redirect("account_login")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if limited := ratelimit.consume_or_429(request, action="signup"):
            return limited
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_valid(self, form: WalletSignupForm) -> HttpResponse:
        user, response = form.try_save(self.request)
        if response is not None or user is None:
            return response or redirect("account_login")
        promise_wallet(self.request, user=user)
        try:
            answer: HttpResponse = complete_signup(self.request, user, None, None)
        except ImmediateHttpResponse as immediate:
            answer = immediate.response
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"wallet": newcomer(self.request)}


@method_decorator([login_required, never_cache], name="dispatch")
class WalletConfirmView(BaseReauthenticateView):
    """The way to confirm that it is you with a linked wallet; the island brings the proof."""

    template_name = "accounts/wallet_confirm.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {
            "next_url": safe_next(request.GET.get("next", "")) or reverse("accounts:overview"),
            "reauthentication_alternatives": self.get_reauthentication_alternatives(),
            "wallets": Wallet.objects.filter(user=_person(request)),
        }
        return render(request, self.template_name, context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(request.get_full_path())


CONFIRMED = [login_required, never_cache, reauthentication_required]


@method_decorator(CONFIRMED, name="dispatch")
class WalletLinkView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/wallet_link.html")


@method_decorator([login_required, never_cache], name="dispatch")
class WalletView(View):
    """One of the person's wallets; posting the form names it."""

    def get(self, request: HttpRequest, wallet_id: int) -> HttpResponse:
        return self._page(request, wallet_id)

    def post(self, request: HttpRequest, wallet_id: int) -> HttpResponse:
        form = WalletLabelForm(request.POST)
        if not form.is_valid():
            return self._page(request, wallet_id, form=form, status=422)
        try:
            label_wallet(user=_person(request), wallet_id=wallet_id, label=form.cleaned_data["label"])
        except Wallet.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("The name is saved."))
        return redirect("accounts:overview")

    def _page(
        self, request: HttpRequest, wallet_id: int, *, form: WalletLabelForm | None = None, status: int = 200
    ) -> HttpResponse:
        wallet = _own_wallet(request, wallet_id)
        context = {"wallet": wallet, "form": form or WalletLabelForm(instance=wallet)}
        return render(request, "accounts/wallet.html", context, status=status)


@method_decorator(CONFIRMED, name="dispatch")
class WalletUnlinkView(View):
    """Ask, then unlink; the last way to sign in stays."""

    def get(self, request: HttpRequest, wallet_id: int) -> HttpResponse:
        return self._page(request, wallet_id)

    def post(self, request: HttpRequest, wallet_id: int) -> HttpResponse:
        try:
            unlink_wallet(user=_person(request), wallet_id=wallet_id)
        except Wallet.DoesNotExist:
            raise Http404 from None
        except WalletRefused as refused:
            return self._page(request, wallet_id, refused=refused, status=409)
        messages.success(request, _("The wallet is unlinked. It cannot sign in here any more."))
        return redirect("accounts:overview")

    def _page(
        self, request: HttpRequest, wallet_id: int, *, refused: WalletRefused | None = None, status: int = 200
    ) -> HttpResponse:
        context = {"wallet": _own_wallet(request, wallet_id), "refused": refused, "ways_in": ways_in(_person(request))}
        return render(request, "accounts/wallet_unlink.html", context, status=status)


def _own_wallet(request: HttpRequest, wallet_id: int) -> Wallet:
    wallet = Wallet.objects.filter(user=_person(request), pk=wallet_id).first()
    if wallet is None:
        raise Http404
    return wallet
