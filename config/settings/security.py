"""Content security policy and transport. Nothing inline, no third-party host."""

import json
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, flag, number, text
from config.settings.api import REST_FRAMEWORK

_LOCAL = flag("LOOMPRINT_LOCAL")
# The demo wallet asks the local node itself; every other wallet has a connection of its own.
_node = urlsplit(text("CHAIN_PUBLIC_RPC_URL", text("CHAIN_RPC_URL")) if _LOCAL else "")
_demo_wallet = [f"{_node.scheme}://{_node.netloc}"] if _node.netloc else []
_csp_file = BASE_DIR / "static" / "dist" / "csp.json"
# model-viewer styles its shadow root inline; the front-end build writes the hash of exactly that style.
_style_hashes = json.loads(_csp_file.read_text())["style_hashes"] if _csp_file.is_file() else []

# Wallets on phones come by WalletConnect's relay, whose hosts are named only where the site has a project there.
_relay = bool(text("WALLETCONNECT_PROJECT_ID", ""))
_relay_hosts = ["wss://relay.walletconnect.org", "https://rpc.walletconnect.org", "https://verify.walletconnect.org"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],
        "style-src": ["'self'", *(f"'{value}'" for value in _style_hashes)],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", "blob:", *_demo_wallet, *(_relay_hosts if _relay else [])],
        **({"frame-src": ["https://verify.walletconnect.org"]} if _relay else {}),
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = not _LOCAL
SESSION_COOKIE_SECURE = not _LOCAL
CSRF_COOKIE_SECURE = not _LOCAL
SECURE_HSTS_SECONDS = 0 if _LOCAL else 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("LOOMPRINT_BEHIND_PROXY") else None

# How many proxies stand in front, each of which appends whom it heard to X-Forwarded-For; what stands before that the
# asker may have written. All limits by address read it alike: the API's and ours, allauth's, axes'.
_proxies = number("LOOMPRINT_PROXIES", 0)
if _proxies < 0:
    raise ImproperlyConfigured("LOOMPRINT_PROXIES is how many proxies stand in front: it must be 0 or more.")
REST_FRAMEWORK["NUM_PROXIES"] = _proxies
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies
AXES_CLIENT_IP_CALLABLE = "common.throttle.address_of"
