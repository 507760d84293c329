"""Reading for moderation: the queue, one case on one screen, the log, and what is told about a design."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from contracts.chains import chain
from contracts.models import ChainTransaction
from contracts.selectors import ActionStatus, confirmation_status, for_ref, transaction_status
from designs.models import Design, DesignVersion, EntryAncestor, EntryStatus, PublicCopy, RegistryEntry
from designs.resemblance import Resemblance, resemblances_of
from designs.selectors import claims_beside, cover_previews, entry_status, standing_copies, state_word
from designs.verdicts import AT_MOST
from moderation.models import Answer, Appeal, Case, Decision, Report, StatusCommand
from moderation.policy import APPEAL_PERIOD, APPEALABLE, RULES, SET_STATUS, Rule

LIVE = (Case.State.OPEN, Case.State.ASKED)


def status_to_come(design: Design) -> int:
    """The status of the design's entry once everything that is under way has arrived."""
    last = StatusCommand.objects.filter(decision__design=design).select_related("decision").order_by("id").last()
    if last is not None and not EntryStatus.objects.filter(reason=last.decision.statement_hash).exists():
        tx = for_ref(SET_STATUS, last.ref)
        if tx is not None and tx.state not in ChainTransaction.GIVEN_UP:
            return last.status
    return entry_status(chain_id=design.chain_id or 0, entry_id=design.entry_id or "")


def dispatches_of(decisions: Sequence[Decision]) -> dict[int, ActionStatus]:
    """Where the status of each decision stands on its way to the chain, in four queries for any number."""
    here = chain()
    commands: dict[int, StatusCommand] = {}
    for command in StatusCommand.objects.filter(decision__in=[one.pk for one in decisions]).order_by("number"):
        commands[command.decision_id] = command
    if not commands:
        return {}
    arrived = {
        row.reason: row.event.block.number
        for row in EntryStatus.objects.filter(reason__in=[d.statement_hash for d in decisions]).select_related(
            "event__block"
        )
    }
    refs = [command.ref for command in commands.values()]
    sent = {tx.ref: tx for tx in ChainTransaction.objects.filter(kind=SET_STATUS, ref__in=refs)}
    found: dict[int, ActionStatus] = {}
    for decision in decisions:
        if decision.pk not in commands:
            continue
        ref = commands[decision.pk].ref
        if decision.statement_hash in arrived:
            found[decision.pk] = confirmation_status(arrived[decision.statement_hash], here)
        elif ref in sent:
            found[decision.pk] = transaction_status(sent[ref], here)
    return found


@dataclass(frozen=True)
class LoggedDecision:
    """A decision with its way to the chain."""

    decision: Decision
    dispatch: ActionStatus | None


def with_dispatch(decisions: Sequence[Decision]) -> list[LoggedDecision]:
    ways = dispatches_of(decisions)
    return [LoggedDecision(decision, ways.get(decision.pk)) for decision in decisions]


def queue(*, state: str = "", reason: str = "", mine: User | None = None) -> QuerySet[Case]:
    """Cases, oldest first, with what a row of the queue shows."""
    cases = Case.objects.filter(state=state) if state in Case.State.values else Case.objects.filter(state__in=LIVE)
    if reason in Report.Reason.values:
        cases = cases.filter(Q(reports__reason=reason, reports__is_open=True)).distinct()
    if mine is not None:
        cases = cases.filter(assignee=mine)
    return (
        cases.select_related("design__owner", "assignee")
        .prefetch_related("reports", Prefetch("design__versions", DesignVersion.objects.prefetch_related("previews")))
        .annotate(number_of_reports=Subquery(_count_of_reports()))
        .order_by("-id" if state == Case.State.CLOSED else "id")
    )


def _count_of_reports() -> QuerySet[Any]:
    return Report.objects.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Count("pk")).values("n")


def counts(user: User) -> dict[str, int]:
    """How many cases and appeals wait, for the tabs of the queue."""
    found = Case.objects.exclude(state=Case.State.CLOSED).aggregate(
        open=Count("pk", filter=Q(state=Case.State.OPEN)),
        asked=Count("pk", filter=Q(state=Case.State.ASKED)),
        mine=Count("pk", filter=Q(assignee=user)),
    )
    return {**found, "appeals": Appeal.objects.filter(state=Appeal.State.OPEN).count()}


@dataclass(frozen=True)
class CasePage:
    """Everything that a decision needs, on one screen."""

    case: Case
    design: Design
    version: DesignVersion
    copies: list[PublicCopy]
    status: int
    entry: RegistryEntry | None
    claims: list[RegistryEntry]
    more_claims: int
    claimed_here: dict[str, Design]
    reports: list[Report]
    decisions: list[LoggedDecision]
    others: list[Design]
    history: dict[str, int]
    resemblances: list[Resemblance]
    rules: list[Rule]

    @property
    def status_word(self) -> str:
        return state_word(self.status)


def case_page(case: Case, *, viewer: User) -> CasePage:
    """Assemble the screen of a case, as this moderator may see it."""
    design = Design.objects.select_related("owner").prefetch_related(cover_previews()).get(pk=case.design_id)
    version = (
        design.versions.select_related("master", "credentials").prefetch_related("attachments__asset").latest("number")
    )
    status = status_to_come(design)
    claims, more_claims = claims_beside(
        version.master.output_hash,
        chain_id=design.chain_id or 0,
        entry_id=design.entry_id or "",
        at_most=AT_MOST,
    )
    decisions = list(
        Decision.objects.filter(design=design).select_related("moderator", "design", "case", "on_appeal")[:50]
    )
    others = Design.objects.filter(owner=design.owner).exclude(pk=design.pk).prefetch_related(cover_previews())
    return CasePage(
        case=case,
        design=design,
        version=version,
        copies=standing_copies(version),
        status=status,
        entry=next((claim for claim in claims if claim.entry_id == design.entry_id), None),
        claims=claims,
        more_claims=more_claims,
        claimed_here={
            one.entry_id or "": one
            for one in Design.objects.filter(entry_id__in=[claim.entry_id for claim in claims]).select_related("owner")
        },
        reports=list(
            case.reports.select_related("reporter", "original_design__owner").prefetch_related(
                "original_design__versions__previews"
            )
        ),
        decisions=with_dispatch(decisions),
        others=list(others[:4]),
        history=_history(design.owner),
        resemblances=resemblances_of(version, viewer=viewer, parents=_parents(design)),
        rules=[rule for rule in RULES.values() if status in rule.starts_from],
    )


def _parents(design: Design) -> list[str]:
    """Entries that the design's entry derives from directly."""
    rows = EntryAncestor.objects.filter(chain_id=design.chain_id or 0, entry_id=design.entry_id or "", direct=True)
    return list(rows.values_list("ancestor_id", flat=True))


def _history(creator: User) -> dict[str, int]:
    """What is known of a creator: their published designs, reports about them, and decisions against them."""
    decided = Decision.objects.filter(design__owner=creator)
    return {
        "published": Design.objects.filter(owner=creator, state=Design.State.ANCHORING).count(),
        "reports": Report.objects.filter(design__owner=creator).count(),
        "taken_down": decided.filter(action=Decision.Action.SUSPEND).count(),
        "corrected": decided.filter(action=Decision.Action.CORRECT).count(),
        "upheld_appeals": decided.filter(action=Decision.Action.UPHOLD).count(),
    }


def log(*, action: str = "") -> QuerySet[Decision]:
    """All decisions, newest first."""
    decisions = Decision.objects.select_related("design__owner", "moderator", "case", "on_appeal__decision")
    return decisions.filter(action=action) if action in Decision.Action.values else decisions


def may_appeal(decision: Decision) -> bool:
    """Whether its creator may still appeal this decision."""
    if decision.action not in APPEALABLE or timezone.now() > decision.created_at + APPEAL_PERIOD:
        return False
    return not Appeal.objects.filter(decision=decision).exists()


def standing_decisions(design: Design) -> list[Decision]:
    """The decisions that explain how a design stands now: about its status, and about its disclosure."""
    standing: dict[str, Decision] = {}
    for decision in Decision.objects.filter(design=design).select_related("on_appeal").order_by("id"):
        match decision.action:
            case Decision.Action.CORRECT:
                standing["disclosure"] = decision
            case Decision.Action.CONTEST | Decision.Action.SUSPEND:
                standing["status"] = decision
            case Decision.Action.RESTORE:
                standing.pop("status", None)
            case Decision.Action.UPHOLD:
                taken_back = decision.on_appeal.decision_id if decision.on_appeal else None
                standing = {about: one for about, one in standing.items() if one.pk != taken_back}
    return list(standing.values())


def own_data(user: User) -> dict[str, Any]:
    """The exporter of moderation: what a person said to moderators, never what others said of them."""
    return {
        "reports": [
            {
                "design": str(one.design.public_id),
                "reason": one.reason,
                "original": one.original,
                "statement": one.statement,
                "created_at": one.created_at.isoformat(),
            }
            for one in Report.objects.filter(reporter=user).select_related("design")
        ],
        "answers": [
            {"text": one.text, "created_at": one.created_at.isoformat()} for one in Answer.objects.filter(author=user)
        ],
        "appeals": [
            {"statement": one.statement, "state": one.state, "created_at": one.created_at.isoformat()}
            for one in Appeal.objects.filter(author=user)
        ],
    }
