"""What can go wrong between us and a chain, told apart so that each is handled for what it is."""

from typing import Any


class ChainError(Exception):
    """Anything that a chain, or our record of it, refuses."""


class ChainNotDeployed(ChainError):
    """No deployment of our contracts is recorded for this chain."""


class ChainUnavailable(ChainError):
    """The node cannot be reached, or does not answer as a node does. Asking again later may help."""


class UnreadableAnswer(ChainUnavailable):
    """The node answered, and not what it was asked for. Another node may."""


class WrongChain(ChainError):
    """The node serves another chain than the settings say."""


class InconsistentNode(ChainError):
    """Two answers of the node contradict each other: it moved meanwhile, or one was stale. Ask again."""


class SendingStopped(ChainError):
    """The chain is not the one we have read; nothing may be sent to it (law 11)."""


class NotDecidedYet(ChainError):
    """What became of an action cannot be told yet: its outcome handler is to be called again later."""


class SignerRefused(ChainError):
    """No usable key, or one that must not be used here."""


class SignerUnavailable(ChainError):
    """The service that holds a key cannot be reached. Asking again later may help."""


class RpcError(ChainError):
    """An error that the node answered."""

    def __init__(self, message: str, *, code: int = 0, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class NonceTooLow(RpcError):
    """The chain has a transaction of this nonce: perhaps ours."""


class AlreadyKnown(RpcError):
    """The node has these very bytes: as good as accepted."""


class Underpriced(RpcError):
    """The fees are too low: for the base fee, for the pool, or to replace what is there."""


class InsufficientFunds(RpcError):
    """The sender cannot pay for the gas."""


class InvalidTransaction(RpcError):
    """No node will ever take these bytes."""


class Reverted(RpcError):
    """The call reverts. `name` is the custom error's (empty if unknown), `args` its arguments by name."""

    def __init__(self, name: str, arguments: dict[str, Any], *, data: str = "0x") -> None:
        inner = ", ".join(f"{key}={value}" for key, value in arguments.items())
        super().__init__(f"{name}({inner})" if name else f"reverted with {data}", data=data)
        self.name = name
        self.arguments = arguments
