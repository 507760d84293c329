from moderation.services.appealing import appeal, decide_appeal
from moderation.services.cases import answer, assign, open_case, release
from moderation.services.deciding import decide_case
from moderation.services.reporting import report
from moderation.services.reviewing import AlreadyDecided, decide, judge, withdraw_review
from moderation.services.sending import send_again

__all__ = [
    "AlreadyDecided",
    "answer",
    "appeal",
    "assign",
    "decide",
    "decide_appeal",
    "decide_case",
    "judge",
    "open_case",
    "release",
    "report",
    "send_again",
    "withdraw_review",
]
