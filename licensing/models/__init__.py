from .license import DownloadGrant, LicenseExpiry, LicenseMovement, LicenseRevocation, LicenseSale
from .offer import EntryClosing, LicenseTemplate, Offer

__all__ = [
    "DownloadGrant",
    "EntryClosing",
    "LicenseExpiry",
    "LicenseMovement",
    "LicenseRevocation",
    "LicenseSale",
    "LicenseTemplate",
    "Offer",
]
