from accounts.errors import ConfirmationRefused, SigningRefused, WalletRefused
from accounts.services.confirmation import confirm_password
from accounts.services.custody import export_custody_key, open_account_custody
from accounts.services.notifications import notify
from accounts.services.opening import open_account
from accounts.services.personal_data import export_personal_data
from accounts.services.profile import create_api_token, rename, revoke_api_token
from accounts.services.signing import CustodySigner, sign_with_custody
from accounts.services.wallet_proofs import Proof, Site, issue_challenge, prove_wallet
from accounts.services.wallets import (
    label_wallet,
    link_wallet,
    refuse_custody_address,
    unlink_wallet,
    wallet_signed_in,
)

__all__ = [
    "ConfirmationRefused",
    "CustodySigner",
    "Proof",
    "SigningRefused",
    "Site",
    "WalletRefused",
    "confirm_password",
    "create_api_token",
    "export_custody_key",
    "export_personal_data",
    "issue_challenge",
    "label_wallet",
    "link_wallet",
    "notify",
    "open_account",
    "open_account_custody",
    "prove_wallet",
    "refuse_custody_address",
    "rename",
    "revoke_api_token",
    "sign_with_custody",
    "unlink_wallet",
    "wallet_signed_in",
]
