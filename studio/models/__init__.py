from .publication import Consent, FirstOfferDraft, Publication, ShareAddress
from .terms import DerivativeTermsDraft, MinimumFee, ParentDraft, StandingTerms

__all__ = [
    "Consent",
    "DerivativeTermsDraft",
    "FirstOfferDraft",
    "MinimumFee",
    "ParentDraft",
    "Publication",
    "ShareAddress",
    "StandingTerms",
]
