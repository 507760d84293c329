"""E-mail: SMTP by setting; a local start writes to a folder that the mailbox page reads."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import VAR_DIR, flag, number, text, words

MAIL_DIR = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = text("LOOMPRINT_FROM_EMAIL", "Loomprint <hello@loomprint.example>")
# Who is told when an alarm turns red, and when it is over.
OPERATOR_EMAILS = words("OPERATOR_EMAILS")
for _address in OPERATOR_EMAILS:
    if "@" not in _address or any(mark in _address for mark in " <>"):
        raise ImproperlyConfigured(f"OPERATOR_EMAILS has {_address!r}: write addresses with commas between.")
ADMINS = [(_address, _address) for _address in OPERATOR_EMAILS]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = "[Loomprint] "
if flag("LOOMPRINT_LOCAL"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_DIR
else:
    EMAIL_HOST = text("EMAIL_HOST", "localhost")
    EMAIL_PORT = number("EMAIL_PORT", 587)
    EMAIL_HOST_USER = text("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = text("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = flag("EMAIL_USE_TLS", True)
    EMAIL_TIMEOUT = 10
