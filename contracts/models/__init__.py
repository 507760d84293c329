from .blocks import ChainBlock, ChainEvent
from .cursor import ChainCursor
from .transactions import ChainTransaction, SenderNonce, TransactionAttempt, TransactionHistory

__all__ = [
    "ChainBlock",
    "ChainCursor",
    "ChainEvent",
    "ChainTransaction",
    "SenderNonce",
    "TransactionAttempt",
    "TransactionHistory",
]
