"""The REST API: designs, one design, verify by hash, status of an action."""

import re
import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contracts.chains import chain
from contracts.selectors import confirmation_status, status_of_action, sync_status
from designs.inspection import measurements
from designs.models import Design, RegistryEntry, Rendition
from designs.selectors import access_design, claims_of, renditions_of, state_word, versions_of
from designs.verdicts import AT_MOST
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


class ClaimSerializer(serializers.Serializer):
    """One claim of a file: this address claimed it at this time."""

    chain_id = serializers.IntegerField()
    entry_id = serializers.CharField()
    creator = serializers.CharField()
    claim_order = serializers.IntegerField(help_text="1 is the first claim known to this registry")
    custodial = serializers.SerializerMethodField(help_text="signed by Loomprint's custody key for them")
    claimed_at = serializers.DateTimeField(help_text="when it was committed to, else when it was registered")
    entry_status = serializers.SerializerMethodField(help_text=ENTRY_STATUS)
    block = serializers.IntegerField(source="event.block.number")
    transaction_hash = serializers.CharField(source="event.transaction_hash")
    record_root = serializers.CharField()

    def get_custodial(self, claim: Any) -> bool:
        return bool(claim.custodial and claim.custodial[0])

    def get_entry_status(self, claim: Any) -> str:
        return state_word(claim.entry_status)


class VersionSerializer(serializers.Serializer):
    """An entry of which the file is a further version."""

    chain_id = serializers.IntegerField()
    entry_id = serializers.CharField()
    number = serializers.IntegerField()
    added_at = serializers.DateTimeField(source="event.block.timestamp")
    block = serializers.IntegerField(source="event.block.number")
    transaction_hash = serializers.CharField(source="event.transaction_hash")
    record_root = serializers.CharField()


class RenditionSerializer(serializers.Serializer):
    """What we delivered and is not the master byte for byte. Ask for the master to learn what is known of it."""

    chain_id = serializers.IntegerField()
    entry_id = serializers.CharField()
    form = serializers.ChoiceField(choices=Rendition.Form.values)
    master_sha256 = serializers.CharField()
    signer = serializers.CharField(help_text="the operator's address at that time")
    statement = serializers.CharField(help_text="signed by the operator; verify.py checks it without us")


class VerifySerializer(serializers.Serializer):
    sha256 = serializers.CharField()
    known = serializers.BooleanField()
    as_of_block = serializers.IntegerField(help_text="the newest block that this answer knows of")
    chain_reachable = serializers.BooleanField(help_text="false: what was claimed since that block is missing")
    claims = ClaimSerializer(many=True, help_text=f"the first {AT_MOST}")
    versions = VersionSerializer(many=True, help_text=f"the first {AT_MOST}")
    renditions = RenditionSerializer(many=True)


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
        sha256 = sha256.lower().removeprefix("0x")
        if not SHA256.match(sha256):
            raise ValidationError({"sha256": "must be 64 hexadecimal digits: the SHA-256 of the file"})
        here = chain().chain_id
        claims = claims_of("0x" + sha256, chain_id=here, at_most=AT_MOST)
        versions = versions_of("0x" + sha256, chain_id=here, at_most=AT_MOST)
        renditions = renditions_of(sha256, chain_id=here)
        known = bool(claims or versions or renditions)
        read = sync_status(chain())
        answer = {
            "sha256": sha256,
            "known": known,
            "as_of_block": read.indexed,
            "chain_reachable": read.reachable,
            "claims": claims,
            "versions": versions,
            "renditions": renditions,
        }
        return Response(VerifySerializer(answer).data)


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
