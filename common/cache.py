"""A cache that may be away: pages read without it, limits count again when it is back."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

AWAY_SECONDS = 5.0


def _or_else(answer: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def forgiving(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
            if self.is_away():
                return answer() if callable(answer) else answer
            try:
                return method(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                self.went_away(method.__name__, error)
                return answer() if callable(answer) else answer

        return asked

    return forgiving


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, whose outage is a miss and not an error.

    What must not pass without a count (passwords before a signature) asks Redis itself and refuses.
    """

    _asked_again_at = 0.0

    def is_away(self) -> bool:
        """Whether Redis failed a moment ago: a page that asks it five times must not wait for it five times."""
        return time.monotonic() < self._asked_again_at

    def went_away(self, operation: str, error: Exception) -> None:
        self._asked_again_at = time.monotonic() + AWAY_SECONDS
        logger.warning("cache_unavailable", operation=operation, error=str(error))

    add = _or_else(True)(RedisCache.add)
    set = _or_else(None)(RedisCache.set)
    touch = _or_else(False)(RedisCache.touch)
    delete = _or_else(False)(RedisCache.delete)
    get_many = _or_else(dict)(RedisCache.get_many)
    has_key = _or_else(False)(RedisCache.has_key)
    incr = _or_else(1)(RedisCache.incr)
    set_many = _or_else(list)(RedisCache.set_many)
    delete_many = _or_else(None)(RedisCache.delete_many)
    clear = _or_else(False)(RedisCache.clear)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        if self.is_away():
            return default
        try:
            return super().get(key, default, version)
        except (RedisError, OSError) as error:
            self.went_away("get", error)
            return default
