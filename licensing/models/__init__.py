from .license import DownloadGrant, LicenseMovement, LicenseSale
from .offer import LicenseTemplate, Offer

__all__ = ["DownloadGrant", "LicenseMovement", "LicenseSale", "LicenseTemplate", "Offer"]
