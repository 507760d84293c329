from .publication import Consent, FirstOfferDraft, Publication

__all__ = ["Consent", "FirstOfferDraft", "Publication"]
