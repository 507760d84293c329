"""What accounts refuse, each with a sentence for the person."""

from contracts.errors import SignerRefused


class ConfirmationRefused(Exception):
    """The person did not confirm: nothing was signed, shown or stored.

    `code` is wrong_password, no_password, too_many_tries, inactive or unavailable; the message is for the person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SigningRefused(SignerRefused):
    """A custody key was asked to sign something that was not confirmed, or not for a chain of ours."""


class CustodyUnavailable(Exception):
    """The key-encryption key is missing or is not the one that sealed this custody key."""


class WalletRefused(Exception):
    """A wallet was not taken: nothing was changed. The message and `next_step` are for the person.

    `code` is used (the request was answered before, or ran out), not_asked (another message than ours), signature,
    unreachable (the chain), custody (an address that we keep), taken, own (linked already), not_linked, many, or last.
    """

    def __init__(self, code: str, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.next_step = next_step
