"""Masters and previews: where they lie and how large they may be."""

from config.environment import VAR_DIR, number

MASTER_ROOT = VAR_DIR / "assets" / "masters"
PREVIEW_ROOT = VAR_DIR / "assets" / "previews"
ASSET_MAX_BYTES = number("ASSET_MAX_BYTES", 200 * 1024 * 1024)
SOURCE_MAX_BYTES = number("SOURCE_MAX_BYTES", 20 * 1024 * 1024)
IMAGE_MAX_PIXELS = number("IMAGE_MAX_PIXELS", 25_000_000)
UPLOADS_PER_HOUR = number("UPLOADS_PER_HOUR", 60)
VERIFY_PER_MINUTE = number("VERIFY_PER_MINUTE", 120)
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DOWNLOAD_LINK_SECONDS = 600
