from .license import DownloadGrant, KeyRelease, LicenseExpiry, LicenseMovement, LicenseRevocation, LicenseSale
from .offer import EntryClosing, LicenseTemplate, Offer

__all__ = [
    "DownloadGrant",
    "EntryClosing",
    "KeyRelease",
    "LicenseExpiry",
    "LicenseMovement",
    "LicenseRevocation",
    "LicenseSale",
    "LicenseTemplate",
    "Offer",
]
