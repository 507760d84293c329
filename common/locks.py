"""Advisory locks of PostgreSQL that end with their transaction, so that a killed process holds none."""

import zlib
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What is locked. Numbers are for ever: two versions of the code may run side by side."""

    INDEXER = 1
    DEPLOYMENT = 2
    UPKEEP = 3
    REPAIR = 6
    BESIDE = 7
    AUDIT = 9
    CREDENTIALS = 10


def hold(lock: Lock, key: object) -> None:
    """Wait for the lock and keep it until the transaction ends. Must run inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.value, _number(key)])


def try_hold(lock: Lock, key: object) -> bool:
    """Take the lock until the transaction ends, or say at once that another transaction has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock.value, _number(key)])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _number(key: object) -> int:
    """A key as PostgreSQL's signed 32 bits; two keys that meet there only wait for each other."""
    return zlib.crc32(str(key).encode()) - 2**31
