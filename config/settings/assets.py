"""Masters and previews: where they lie and how large they may be."""

import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.environment import VAR_DIR, flag, named_keys, number, text

MASTER_ROOT = VAR_DIR / "assets" / "masters"
PREVIEW_ROOT = VAR_DIR / "assets" / "previews"
OUTGOING_ROOT = VAR_DIR / "assets" / "outgoing"
# Where a store that is not on this disk keeps verified copies, for child processes need paths.
ASSET_CACHE_ROOT = VAR_DIR / "assets" / "cache"
ASSET_CACHE_MAX_BYTES = number("ASSET_CACHE_MAX_BYTES", 10 * 1024**3)
# Every stored file is hashed once in this time.
SCRUB_DAYS = number("SCRUB_DAYS", 7)
if SCRUB_DAYS < 1:
    raise ImproperlyConfigured("SCRUB_DAYS must be at least 1.")
ASSET_STORE = text("ASSET_STORE", "local")
ASSET_REPLICA = text("ASSET_REPLICA", "")
REPLICA_ROOT = Path(text("REPLICA_ROOT", str(VAR_DIR / "assets" / "replica")))
S3_BUCKET = text("S3_BUCKET", "")
S3_PREFIX = text("S3_PREFIX", "")
S3_ENDPOINT_URL = text("S3_ENDPOINT_URL", "")
S3_REGION = text("S3_REGION", "")
S3_ACCESS_KEY_ID = text("S3_ACCESS_KEY_ID", "")
S3_SECRET_ACCESS_KEY = text("S3_SECRET_ACCESS_KEY", "")
if ASSET_STORE not in {"local", "s3"}:
    raise ImproperlyConfigured(f"ASSET_STORE is {ASSET_STORE!r} and must be local or s3: correct it, or unset it.")
if ASSET_REPLICA not in {"", "local", "s3"}:
    raise ImproperlyConfigured(f"ASSET_REPLICA is {ASSET_REPLICA!r} and must be local or s3: correct it, or unset it.")
if ASSET_REPLICA == ASSET_STORE == "s3":
    raise ImproperlyConfigured("ASSET_REPLICA is the bucket of ASSET_STORE: a second place must be another one.")
if "s3" in {ASSET_STORE, ASSET_REPLICA} and not S3_BUCKET:
    raise ImproperlyConfigured("ASSET_STORE or ASSET_REPLICA is s3 and S3_BUCKET is not set: name the bucket.")
# A node of IPFS for encrypted copies. Its address is never taken from anything that people send.
IPFS_API_URL = text("IPFS_API_URL", "")
IPFS_API_AUTHORIZATION = text("IPFS_API_AUTHORIZATION", "")
if IPFS_API_URL and not re.fullmatch(r"https?://[^\s/?#@]+/?", IPFS_API_URL):
    raise ImproperlyConfigured("IPFS_API_URL must be http://host:port or https://host:port, without a path.")
# Where people without a node fetch by CID; shown in a command, never asked by us.
IPFS_GATEWAY_URL = text("IPFS_GATEWAY_URL", "").rstrip("/")
# A bundler's upload service for Arweave, a gateway to read from, and the key that signs and pays there.
ARWEAVE_UPLOAD_URL = text("ARWEAVE_UPLOAD_URL", "")
ARWEAVE_GATEWAY_URL = text("ARWEAVE_GATEWAY_URL", "").rstrip("/")
ARWEAVE_KEY = text("ARWEAVE_KEY", "")
if bool(ARWEAVE_UPLOAD_URL) + bool(ARWEAVE_GATEWAY_URL) + bool(ARWEAVE_KEY) not in (0, 3):
    raise ImproperlyConfigured(
        "ARWEAVE_UPLOAD_URL, ARWEAVE_GATEWAY_URL and ARWEAVE_KEY belong together: set all three."
    )
if ARWEAVE_KEY and not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", ARWEAVE_KEY):
    raise ImproperlyConfigured("ARWEAVE_KEY must be 32 bytes in hex (64 digits).")
for _url in (ARWEAVE_UPLOAD_URL, ARWEAVE_GATEWAY_URL):
    if _url and not re.fullmatch(r"https?://[^\s?#@]+", _url):
        raise ImproperlyConfigured(f"{_url!r} must be an address that begins with http:// or https://, with no query.")
KEY_RELEASES_PER_HOUR = number("KEY_RELEASES_PER_HOUR", 20)
# What wraps the keys of encrypted copies; the first one is the newest.
STORE_KEYS = named_keys("STORE_KEYS")
ASSET_MAX_BYTES = number("ASSET_MAX_BYTES", 200 * 1024 * 1024)
# Files beside the master: of each, of all that a version has, and how many (a record has fields for 12).
ATTACHMENT_MAX_BYTES = number("ATTACHMENT_MAX_BYTES", 100 * 1024 * 1024)
ATTACHMENTS_MAX_BYTES = number("ATTACHMENTS_MAX_BYTES", 300 * 1024 * 1024)
ATTACHMENTS_AT_MOST = number("ATTACHMENTS_AT_MOST", 12)
IMAGE_MAX_PIXELS = number("IMAGE_MAX_PIXELS", 25_000_000)
MESH_MAX_TRIANGLES = number("MESH_MAX_TRIANGLES", 3_000_000)
# A worker forks its children from a process that has the heavy libraries: seconds less for each, 0.2 GB more in all.
SANDBOX_WARM = flag("SANDBOX_WARM", True)
UPLOADS_PER_HOUR = number("UPLOADS_PER_HOUR", 60)
RENDITIONS_PER_HOUR = number("RENDITIONS_PER_HOUR", 30)
# Content Credentials: PEM in two variables (line feeds as \\n), or key.pem and chain.pem in a folder.
CREDENTIALS_KEY = text("CREDENTIALS_KEY", "")
CREDENTIALS_CHAIN = text("CREDENTIALS_CHAIN", "")
CREDENTIALS_DIR = Path(text("CREDENTIALS_DIR", str(VAR_DIR / "credentials")))
CREDENTIALS_ANCHORS = text("CREDENTIALS_ANCHORS", "")
VERIFY_PER_MINUTE = number("VERIFY_PER_MINUTE", 120)
# Uploads in progress lie where workers' work does, and are swept with it when a process is killed.
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "assets" / "scratch"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DOWNLOAD_LINK_SECONDS = 600
