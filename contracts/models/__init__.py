from .blocks import ChainBlock, ChainEvent
from .cursor import ChainCursor
from .transactions import ChainTransaction, OperatorOrder, SenderNonce, TransactionAttempt, TransactionHistory

__all__ = [
    "ChainBlock",
    "ChainCursor",
    "ChainEvent",
    "ChainTransaction",
    "OperatorOrder",
    "SenderNonce",
    "TransactionAttempt",
    "TransactionHistory",
]
