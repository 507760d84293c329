"""Chains by role, and where their deployments are recorded (law 11)."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, VAR_DIR, flag, number, text, words

LOCAL_CHAIN_ID = 31337

_chain_id = number("CHAIN_ID", LOCAL_CHAIN_ID)
_rpc_url = text("CHAIN_RPC_URL")
_backup_urls = tuple(words("CHAIN_RPC_BACKUPS"))
if len({url.rstrip("/") for url in (_rpc_url, *_backup_urls)}) <= len(_backup_urls):
    raise ImproperlyConfigured(
        "CHAIN_RPC_BACKUPS names the node of CHAIN_RPC_URL, or one node twice: none can bear witness of itself. "
        "Name other nodes, or unset it."
    )

CHAINS = {
    "public": {
        "chain_id": _chain_id,
        "rpc_url": _rpc_url,
        "backup_urls": _backup_urls,
        # Pages show it, and a provider's address often holds a secret: none is told unless it is named.
        "public_rpc_url": text("CHAIN_PUBLIC_RPC_URL", _rpc_url if _chain_id == LOCAL_CHAIN_ID else ""),
        "confirmations": number("CHAIN_CONFIRMATIONS", 2 if _chain_id == LOCAL_CHAIN_ID else 12),
        "is_local": _chain_id == LOCAL_CHAIN_ID,
    },
}
DEPLOYMENTS_DIRS = [VAR_DIR / "deployments", BASE_DIR / "contracts" / "deployments"]
ARTIFACTS_DIR = BASE_DIR / "contracts" / "artifacts"

# The operator's key is in one of three places: here, in an encrypted file, or with a service that signs.
OPERATOR_KEY = text("OPERATOR_KEY", "")
OPERATOR_KEYSTORE = text("OPERATOR_KEYSTORE", "")
OPERATOR_KEYSTORE_PASSWORD = text("OPERATOR_KEYSTORE_PASSWORD", "")
OPERATOR_SIGNER_URL = text("OPERATOR_SIGNER_URL", "")
OPERATOR_ADDRESS = text("OPERATOR_ADDRESS", "")
# Payouts, and what is due before them, need no role: a key of their own keeps them from waiting for purchases.
PAYOUT_KEY = text("PAYOUT_KEY", "")
PAYOUT_KEYSTORE = text("PAYOUT_KEYSTORE", "")
PAYOUT_KEYSTORE_PASSWORD = text("PAYOUT_KEYSTORE_PASSWORD", "")
PAYOUT_SIGNER_URL = text("PAYOUT_SIGNER_URL", "")
PAYOUT_ADDRESS = text("PAYOUT_ADDRESS", "")
CUSTODY_KEY = text("CUSTODY_KEY", "")

# What the chain and its own coin are called.
CHAIN_NAME = text("CHAIN_NAME", "Loomprint local" if _chain_id == LOCAL_CHAIN_ID else f"Chain {_chain_id}")
CHAIN_COIN = text("CHAIN_COIN", "ETH")
# How long a page waits for a person's wallet before it says so.
WALLET_PATIENCE_SECONDS = number("WALLET_PATIENCE_SECONDS", 180)
# How often the node is asked for a new block.
CHAIN_POLL_SECONDS = number("CHAIN_POLL_MILLISECONDS", 500 if _chain_id == LOCAL_CHAIN_ID else 3000) / 1000
CHAIN_STUCK_SECONDS = number("CHAIN_STUCK_SECONDS", 5 if _chain_id == LOCAL_CHAIN_ID else 60)
# How long one answer of the node may take.
CHAIN_RPC_TIMEOUT = number("CHAIN_RPC_TIMEOUT", 15)
# How many transactions of one key may be sent and in no block yet.
CHAIN_MAX_IN_FLIGHT = number("CHAIN_MAX_IN_FLIGHT", 64)
if CHAIN_POLL_SECONDS <= 0 or CHAIN_MAX_IN_FLIGHT < 1:
    raise ImproperlyConfigured("CHAIN_POLL_MILLISECONDS and CHAIN_MAX_IN_FLIGHT must be at least 1.")
CHAIN_MAX_FEE_GWEI = number("CHAIN_MAX_FEE_GWEI", 500)
CHAIN_MAX_TIP_GWEI = number("CHAIN_MAX_TIP_GWEI", 50)
# Where a chain has no "finalized" block of its own, this many blocks on top of one make it final; 0: it has one.
_is_tried = _chain_id == LOCAL_CHAIN_ID or flag("LOOMPRINT_LOCAL")
CHAIN_FINALITY_DEPTH = number("CHAIN_FINALITY_DEPTH", 64 if _is_tried else 0)


def _coins(name: str, default: str) -> int:
    """Wei of a number of the chain's own coins."""
    value = text(name, default)
    try:
        wei = Decimal(value) * 10**18
    except InvalidOperation:
        wei = Decimal("NaN")
    if not wei.is_finite() or not 0 <= wei < 10**36:
        raise ImproperlyConfigured(f"{name} is {value!r} and must be a number of coins, such as 0.5.")
    return int(wei)


# What an operator is warned of (docs/operations); the other thresholds stand in contracts/operations/thresholds.py.
OPERATOR_COINS_AMBER = _coins("OPERATOR_COINS_AMBER", "0.5")
OPERATOR_COINS_RED = _coins("OPERATOR_COINS_RED", "0.1")
LAG_BLOCKS_AMBER = number("LAG_BLOCKS_AMBER", 20)
LAG_BLOCKS_RED = number("LAG_BLOCKS_RED", 200)
if OPERATOR_COINS_RED > OPERATOR_COINS_AMBER:
    raise ImproperlyConfigured("OPERATOR_COINS_RED must not be above OPERATOR_COINS_AMBER: amber comes first.")
if not 0 < LAG_BLOCKS_AMBER <= LAG_BLOCKS_RED:
    raise ImproperlyConfigured("LAG_BLOCKS_AMBER must be above 0 and not above LAG_BLOCKS_RED: amber comes first.")
# A process that scrapes /metrics/ says this; empty: there is no such address.
METRICS_TOKEN = text("METRICS_TOKEN", "")
# The longest that the nightly audit may take.
AUDIT_SECONDS = number("AUDIT_SECONDS", 4 * 3600)
if AUDIT_SECONDS < 60:
    raise ImproperlyConfigured("AUDIT_SECONDS must be at least 60.")
# Where the platform's fees go, fixed at deployment; empty: to the deploying key.
TREASURY_ADDRESS = text("TREASURY_ADDRESS", "")
# Who has these roles, fixed in the deployment's record; empty: the operator on the local chain, else nobody yet.
MODERATOR_ADDRESS = text("MODERATOR_ADDRESS", "")
TREASURER_ADDRESS = text("TREASURER_ADDRESS", "")
GUARDIAN_ADDRESS = text("GUARDIAN_ADDRESS", "")
