"""The REST API: designs, one design, verify by hash, status of an action."""

import re
import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.throttle import TooMany, address_of
from contracts.chains import chain
from contracts.selectors import confirmation_status, status_of_action
from designs.credentials import STATES
from designs.errors import DesignError
from designs.file_credentials import BUSY_SECONDS, LATER, credentials_beside
from designs.inspection import measurements
from designs.lineage import Relative
from designs.models import Design, RegistryEntry, Rendition
from designs.selectors import access_design
from designs.verdicts import AT_MOST, WORDS, ClaimShown, registry_of, verdict_of
from marketplace import selectors
from marketplace.models import Order
from studio.kinds import REGISTER
from studio.models import Publication

ENTRY_STATUS = "active, contested, suspended or withdrawn; suspended and withdrawn ones sell nothing"
SHA256 = re.compile(r"^[0-9a-f]{64}$")


class StatusSerializer(serializers.Serializer):
    """Where something stands on its way to the chain."""

    code = serializers.CharField(help_text="none, queued, sent, mined, final or failed")
    text = serializers.CharField(source="label")
    confirmations = serializers.IntegerField()
    needed = serializers.IntegerField()


class DesignSummarySerializer(serializers.Serializer):
    id = serializers.UUIDField(source="design.public_id")
    title = serializers.CharField(source="design.title")
    creator = serializers.CharField(source="design.owner.display_name")
    kind = serializers.ChoiceField(choices=Design.Kind.choices, source="design.kind")
    disclosure = serializers.CharField(source="design.disclosure")
    tags = serializers.ListField(child=serializers.CharField(), source="design.tags")
    price_from = serializers.CharField(allow_null=True, help_text="base units of the test dollar (6 decimals)")
    chain_id = serializers.IntegerField(source="design.chain_id")
    entry_id = serializers.CharField(source="design.entry_id")
    claim_order = serializers.IntegerField()
    entry_status = serializers.CharField(source="entry_state", help_text=ENTRY_STATUS)
    status = StatusSerializer()


class DesignListSerializer(serializers.Serializer):
    results = DesignSummarySerializer(many=True, source="cards")
    following = serializers.CharField(allow_null=True, help_text="value of `after` for the next page")


class OfferSerializer(serializers.Serializer):
    license = serializers.CharField(source="template.code")
    title = serializers.CharField(source="template.title")
    terms = serializers.CharField(source="offer.terms_hash")
    currency = serializers.CharField(source="offer.currency")
    price = serializers.CharField(source="offer.price", help_text="base units")
    left = serializers.IntegerField(allow_null=True)


class StakeSerializer(serializers.Serializer):
    address = serializers.CharField(source="holding.address")
    units = serializers.IntegerField(source="holding.units", help_text="of 1,000,000")
    role = serializers.CharField()


class MeasurementSerializer(serializers.Serializer):
    """One fact of a file. Without a value, `why` is a code and `reason` the sentence about it."""

    name = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    unit = serializers.CharField(
        help_text='"1", "px", or the file\'s unit of length, with 2 or 3 for areas and volumes'
    )
    method = serializers.CharField()
    why = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class DesignDetailSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="design.public_id")
    title = serializers.CharField(source="design.title")
    description = serializers.CharField(source="design.description")
    creator = serializers.CharField(source="design.owner.display_name")
    kind = serializers.CharField(source="design.kind")
    disclosure = serializers.CharField(source="design.disclosure")
    tags = serializers.ListField(child=serializers.CharField(), source="design.tags")
    facts = serializers.JSONField(source="version.facts")
    measurements = serializers.SerializerMethodField(help_text="each fact with its method, and why when it has none")
    sha256 = serializers.CharField(source="version.master.sha256")
    cid = serializers.CharField(source="version.master.cid")
    entry_id = serializers.CharField(source="design.entry_id", allow_null=True)
    claim_order = serializers.IntegerField(allow_null=True, help_text="1 is the first claim known to this registry")
    record_root = serializers.SerializerMethodField()
    transaction_hash = serializers.CharField()
    entry_status = serializers.CharField(source="entry_state", allow_null=True, help_text=ENTRY_STATUS)
    status = StatusSerializer()
    offers = OfferSerializer(many=True)
    holders = StakeSerializer(many=True, source="stakes")

    @extend_schema_field(MeasurementSerializer(many=True))
    def get_measurements(self, page: selectors.DesignPage) -> Any:
        return MeasurementSerializer(measurements(page.version.facts), many=True).data

    def get_record_root(self, page: selectors.DesignPage) -> str | None:
        return page.entry.record_root if page.entry else None


class AncestorSerializer(serializers.Serializer):
    """An entry that another one derives from, with its parts per million of what that one earns after the fee."""

    entry_id = serializers.CharField()
    ppm = serializers.IntegerField()
    binding_ppm = serializers.IntegerField(help_text="of them, what descendants of the descendant owe as well")
    direct = serializers.BooleanField(help_text="whether it is a parent")
    title = serializers.CharField(allow_blank=True, help_text="empty where no page shows it")
    page = serializers.SerializerMethodField(help_text="where it is shown; empty where it is not")

    def get_page(self, ancestor: Relative) -> str:
        return ancestor.design.get_absolute_url() if ancestor.design else ""


class ClaimSerializer(serializers.Serializer):
    """One claim of a file: this address claimed it at this time."""

    chain_id = serializers.IntegerField(source="claim.chain_id")
    entry_id = serializers.CharField(source="claim.entry_id")
    kind = serializers.SerializerMethodField(help_text="design, model, program or dataset")
    creator = serializers.CharField(source="claim.creator")
    claim_order = serializers.IntegerField(source="order", help_text="1 is the first claim known to this registry")
    custodial = serializers.BooleanField(help_text="signed by Loomprint's custody key for them")
    claimed_at = serializers.DateTimeField(
        source="claim.claimed_at", help_text="when it was committed to, else when it was registered"
    )
    entry_status = serializers.CharField(source="state", help_text=ENTRY_STATUS)
    block = serializers.IntegerField(source="claim.event.block.number")
    transaction_hash = serializers.CharField(source="claim.event.transaction_hash")
    record_root = serializers.CharField(source="claim.record_root")
    ancestors = AncestorSerializer(many=True)

    def get_kind(self, shown: ClaimShown) -> str:
        return RegistryEntry.Kind(shown.claim.kind).name.lower()


class VersionSerializer(serializers.Serializer):
    """An entry of which the file is a further version."""

    chain_id = serializers.IntegerField(source="version.chain_id")
    entry_id = serializers.CharField(source="version.entry_id")
    number = serializers.IntegerField(source="version.number")
    added_at = serializers.DateTimeField(source="version.event.block.timestamp")
    entry_status = serializers.CharField(source="state", help_text=ENTRY_STATUS)
    block = serializers.IntegerField(source="version.event.block.number")
    transaction_hash = serializers.CharField(source="version.event.transaction_hash")
    record_root = serializers.CharField(source="version.record_root")
    ancestors = AncestorSerializer(many=True)


class RenditionSerializer(serializers.Serializer):
    """What we delivered and is not the master byte for byte. Ask for the master to learn what is known of it."""

    chain_id = serializers.IntegerField(source="rendition.chain_id")
    entry_id = serializers.CharField(source="rendition.entry_id")
    form = serializers.ChoiceField(choices=Rendition.Form.values, source="stated.form")
    master_sha256 = serializers.CharField(source="rendition.master_sha256")
    signer = serializers.CharField(source="rendition.signer", help_text="the operator's address at that time")
    statement = serializers.CharField(
        source="stated.text", help_text="signed by the operator; verify.py checks it without us"
    )
    trouble = serializers.CharField(allow_blank=True, help_text="why it proves nothing; empty where it does")


class AttachedSerializer(serializers.Serializer):
    """A file that comes with every license of a design: the field of an anchored record in which it stands."""

    chain_id = serializers.IntegerField(source="attached.record.chain_id")
    entry_id = serializers.CharField(source="attached.record.entry_id")
    number = serializers.IntegerField(source="attached.record.number", help_text="of the entry's version")
    key = serializers.CharField(source="attached.key")
    record_root = serializers.CharField(source="attached.record.record.root")
    master_sha256 = serializers.CharField(source="attached.master_sha256")
    title = serializers.CharField(source="attached.design.title")
    page = serializers.CharField(source="attached.design.get_absolute_url")
    proof = serializers.JSONField(source="attached.proof", help_text="verify.py --proof checks it without us")


class CredentialsSentSerializer(serializers.Serializer):
    credentials = serializers.FileField(help_text="the manifest, as it lies beside the file: often NAME.c2pa")


class IngredientSerializer(serializers.Serializer):
    title = serializers.CharField(allow_blank=True)
    relationship = serializers.CharField(allow_blank=True)
    entry = serializers.CharField(allow_blank=True, help_text="of this registry, where it names one")


class CredentialsSerializer(serializers.Serializer):
    """What the credentials say is their signer's word, as manage.py verify tells it; nothing of it is proven here."""

    state = serializers.ChoiceField(choices=list(STATES), help_text="not_checked: it takes the whole file to say")
    sentence = serializers.CharField()
    failures = serializers.ListField(child=serializers.CharField(), help_text="why they are invalid, in C2PA's codes")
    generator = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    signed_by = serializers.CharField(allow_blank=True)
    signed_at = serializers.CharField(allow_blank=True)
    entry = serializers.CharField(allow_blank=True, help_text="of this registry, where they name one")
    actions = serializers.ListField(child=serializers.CharField())
    sources = serializers.ListField(child=serializers.CharField())
    ingredients = IngredientSerializer(many=True)


class VerifySerializer(serializers.Serializer):
    sha256 = serializers.CharField()
    known = serializers.BooleanField()
    verdict = serializers.ChoiceField(
        choices=list(WORDS),
        source="word",
        help_text="as verify.py has it; unread: nothing was read of the chain so far, so nothing can be said",
    )
    sentences = serializers.ListField(
        child=serializers.CharField(), source="said", help_text="exactly what is proven, and no more"
    )
    as_of_block = serializers.IntegerField(
        source="sync.indexed", help_text="the newest block that this answer knows of"
    )
    chain_reachable = serializers.BooleanField(
        source="sync.reachable", help_text="false: what was claimed since that block is missing"
    )
    claims = ClaimSerializer(many=True, help_text=f"the first {AT_MOST}")
    versions = VersionSerializer(many=True, help_text=f"the first {AT_MOST}")
    renditions = RenditionSerializer(many=True)
    attached = AttachedSerializer(many=True)
    content_credentials = CredentialsSerializer(
        allow_null=True,
        source="credentials.found",
        default=None,
        help_text="of a claimed file as it was uploaded, and of a picture that is shown here; null: not read of others",
    )


class ActionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["register", "buy"])
    state = serializers.CharField()
    status = StatusSerializer()
    reason = serializers.CharField(allow_blank=True)


class DesignList(APIView):
    """Anchored designs, newest first."""

    @extend_schema(
        operation_id="designs_list",
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="search words"),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=Design.Kind.values),
            OpenApiParameter("tag", OpenApiTypes.STR),
            OpenApiParameter("after", OpenApiTypes.STR, description="`following` of the page before"),
        ],
        responses=DesignListSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        kind = asked.get("kind", "")
        if kind and kind not in Design.Kind.values:
            raise ValidationError({"kind": f"must be one of {', '.join(Design.Kind.values)}"})
        page = selectors.cards_page(selectors.Wanted.of(asked), after=asked.get("after", ""))
        return Response(DesignListSerializer(page).data)


class DesignDetail(APIView):
    """One design: anyone once it is anchored, else its own people."""

    @extend_schema(operation_id="designs_read", responses=DesignDetailSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        try:
            design = access_design(viewer=request.user, public_id=public_id)
        except Design.DoesNotExist as error:
            raise Http404 from error
        return Response(DesignDetailSerializer(selectors.design_page(design)).data)


class Verify(APIView):
    """What the chain is known to say about a file, by its SHA-256."""

    @extend_schema(operation_id="verify_read", responses=VerifySerializer)
    def get(self, request: Request, sha256: str) -> Response:
        sha256 = _asked(sha256)
        here = chain()
        return Response(VerifySerializer(verdict_of(sha256, chain=here, registry=registry_of(here))).data)


def _asked(sha256: str) -> str:
    sha256 = sha256.lower().removeprefix("0x")
    if not SHA256.match(sha256):
        raise ValidationError({"sha256": "must be 64 hexadecimal digits: the SHA-256 of the file"})
    return sha256


class VerifyCredentials(APIView):
    """Content Credentials (C2PA) that lie beside a file, held against its SHA-256; the file itself is not sent."""

    # It writes nothing and asks nobody who they are, so that a session is no reason to refuse it.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="verify_credentials", request=CredentialsSentSerializer, responses=CredentialsSerializer
    )
    def post(self, request: Request, sha256: str) -> Response:
        try:
            found = credentials_beside(
                request.FILES.get("credentials"), sha256=_asked(sha256), asker=address_of(request)
            )
        except TooMany as refusal:
            raise Throttled(60, str(refusal)) from refusal
        except DesignError as refusal:
            if refusal.code in LATER:
                return Response({"detail": str(refusal)}, status=503, headers={"Retry-After": str(BUSY_SECONDS)})
            raise ValidationError({"credentials": str(refusal)}) from refusal
        return Response(CredentialsSerializer(found.found).data)


class ActionDetail(APIView):
    """Where one's own publication or order stands."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="actions_read", responses=ActionSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        action = self._order(request, public_id) or self._publication(request, public_id)
        if action is None:
            raise Http404
        return Response(ActionSerializer(action).data)

    def _order(self, request: Request, public_id: uuid.UUID) -> dict[str, Any] | None:
        order = (
            Order.objects.filter(public_id=public_id, buyer_id=request.user.pk)
            .select_related("design", "payment")
            .first()
        )
        if order is None:
            return None
        status = selectors.order_page(order).status
        return {
            "id": public_id,
            "kind": "buy",
            "state": order.state,
            "status": status,
            "reason": order.state_reason,
        }

    def _publication(self, request: Request, public_id: uuid.UUID) -> dict[str, Any] | None:
        publication = Publication.objects.filter(public_id=public_id, consents__account_id=request.user.pk).first()
        if publication is None:
            return None
        here = chain()
        entries = RegistryEntry.objects.filter(chain_id=publication.chain_id, entry_id=publication.entry_id)
        entry = entries.select_related("event__block").first()
        status = (
            confirmation_status(entry.event.block.number, here)
            if entry
            else status_of_action(kind=REGISTER, ref=publication.ref, chain=here)
        )
        return {
            "id": public_id,
            "kind": "register",
            "state": publication.state,
            "status": status,
            "reason": publication.reason,
        }
