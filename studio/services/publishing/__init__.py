"""Freezing a draft, everyone's signature, and the one relayed transaction.

The creator signs when they freeze, or with their wallet right after; co-creators answer in any order; once all have
signed and the review has approved, the registration is handed to the outbox by whoever notices first
(docs/decisions/0005, 0017).
"""

from .answering import ask_for_other_address, choose_share_address, decline, take_back
from .freezing import CONSENT_DAYS, freeze_and_sign, freeze_for_wallet
from .signing import accept, sign_with_wallet
from .submitting import registration_failed, submit_if_ready, sweep_publications

__all__ = [
    "CONSENT_DAYS",
    "accept",
    "ask_for_other_address",
    "choose_share_address",
    "decline",
    "freeze_and_sign",
    "freeze_for_wallet",
    "registration_failed",
    "sign_with_wallet",
    "submit_if_ready",
    "sweep_publications",
    "take_back",
]
