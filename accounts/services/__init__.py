from accounts.errors import ConfirmationRefused, SigningRefused
from accounts.services.confirmation import confirm_password
from accounts.services.custody import export_custody_key, open_account_custody
from accounts.services.notifications import notify
from accounts.services.opening import open_account
from accounts.services.personal_data import export_personal_data
from accounts.services.profile import create_api_token, rename, revoke_api_token
from accounts.services.signing import CustodySigner, sign_with_custody

__all__ = [
    "ConfirmationRefused",
    "CustodySigner",
    "SigningRefused",
    "confirm_password",
    "create_api_token",
    "export_custody_key",
    "export_personal_data",
    "notify",
    "open_account",
    "open_account_custody",
    "rename",
    "revoke_api_token",
    "sign_with_custody",
]
