"""A cache that may be away: pages read without it, limits count again when it is back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


def _or_else(answer: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def forgiving(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                logger.warning("cache_unavailable", operation=method.__name__, error=str(error))
                return answer() if callable(answer) else answer

        return asked

    return forgiving


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, whose outage is a miss and not an error.

    What must not pass without a count (passwords before a signature) asks Redis itself and refuses.
    """

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
        try:
            return super().get(key, default, version)
        except (RedisError, OSError) as error:
            logger.warning("cache_unavailable", operation="get", error=str(error))
            return default
