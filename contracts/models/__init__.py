from .blocks import ChainBlock, ChainEvent
from .cursor import ChainCursor
from .operations import Alarm, AuditRun, KeyBalance, ReadingError
from .transactions import ChainTransaction, OperatorOrder, SenderNonce, TransactionAttempt, TransactionHistory

__all__ = [
    "Alarm",
    "AuditRun",
    "ChainBlock",
    "ChainCursor",
    "ChainEvent",
    "ChainTransaction",
    "KeyBalance",
    "OperatorOrder",
    "ReadingError",
    "SenderNonce",
    "TransactionAttempt",
    "TransactionHistory",
]
