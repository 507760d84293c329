from .cases import Answer, Appeal, Case, Report
from .decisions import Decision, StatusCommand
from .review import Review

__all__ = ["Answer", "Appeal", "Case", "Decision", "Report", "Review", "StatusCommand"]
