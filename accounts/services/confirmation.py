"""Asking for the password again, with a limit on wrong answers.

The count lives in Redis and not in the database, because the caller's transaction, which a wrong answer rolls
back, would take the count with it.
"""

import redis
import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from accounts.errors import ConfirmationRefused
from accounts.models import User

logger = structlog.get_logger(__name__)

TRIES = 5
WINDOW_SECONDS = 15 * 60


@sensitive_variables("password")
def confirm_password(*, user: User, password: str) -> None:
    """Return when the password is the user's. Raises ConfirmationRefused (its message is for the person)."""
    store = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
    key = f"confirmation-tries:{user.public_id}"
    try:
        tries = _count_try(store, key)
        if tries > TRIES:
            raise ConfirmationRefused(
                "too_many_tries",
                _("Too many wrong passwords. Nothing was signed; try again in %(minutes)d minutes.")
                % {"minutes": max(1, -(-store.ttl(key) // 60))},
            )
        # Read again: the object at hand may be older than a change of password or a ban.
        current = User.objects.filter(pk=user.pk, is_active=True).first()
        if current is None:
            raise ConfirmationRefused("inactive", _("This account cannot sign at present."))
        if not current.has_usable_password():
            store.delete(key)  # There is nothing to guess.
            raise ConfirmationRefused(
                "no_password", _("Your account has no password yet. Set one under Account, then confirm with it.")
            )
        if not current.check_password(password):
            logger.warning("confirmation_refused", user=str(user.public_id), tries=tries)
            raise ConfirmationRefused("wrong_password", _wrong_password(TRIES - tries))
        store.delete(key)
    except redis.RedisError as error:
        # Without the count anyone could guess without end, so no count means no signature.
        logger.error("confirmation_unavailable", error=str(error))
        raise ConfirmationRefused(
            "unavailable",
            _("Signing is not possible at the moment. Nothing was lost; try again in a minute."),
        ) from error
    finally:
        store.close()


def _count_try(store: "redis.Redis", key: str) -> int:
    """Count this try before looking at it: guesses made at the same time are counted too."""
    pipeline = store.pipeline(transaction=True)
    pipeline.set(key, 0, ex=WINDOW_SECONDS, nx=True)
    pipeline.incr(key)
    return int(pipeline.execute()[1])


def _wrong_password(left: int) -> str:
    refusal = _("That is not your password, so nothing was signed.")
    if left == 0:
        return f"{refusal} {_('This was the last try for now; wait 15 minutes.')}"
    rest = ngettext("You have %(left)d more try.", "You have %(left)d more tries.", left) % {"left": left}
    return f"{refusal} {rest}"
