"""Landlock: which files a process may open from now on, by its own will (docs.kernel.org, userspace-api/landlock).

Where the kernel knows more of it, it also keeps the process from ports, from abstract sockets, and from sending signals
to others.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of system calls, the same on every machine."""
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

READ_FILE = 1 << 2
READ_DIR = 1 << 3
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version knows: their bits follow one another. Later versions have added none."""
ATTRIBUTE_BYTES = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}
PORTS = 0b11
SCOPES = 0b11
OF_FILES = 1 << 0 | 1 << 1 | READ_FILE | 1 << 14 | 1 << 15
"""The rights that a rule about a single file may name: to execute, write, read, truncate and control it."""


def restrict(*, readable: Iterable[str | int], writable: Iterable[str]) -> None:
    """Leave this process the paths (or open files) that it may read, with what lies below, and those where it may do
    everything but execute. What is not there is passed over. Raises OSError where the kernel has no Landlock."""
    version = _call(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    every = (1 << RIGHTS.get(version, 16)) - 1
    attribute = struct.pack("<QQQ", every, PORTS, SCOPES)[: ATTRIBUTE_BYTES.get(version, 24)]
    rules = _call(CREATE_RULESET, attribute, len(attribute), 0)
    try:
        for place in readable:
            _allow(rules, place, READ_FILE | READ_DIR)
        for place in writable:
            _allow(rules, place, every & ~1)
        _call(RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, place: str | int, rights: int) -> None:
    try:
        descriptor = os.dup(place) if isinstance(place, int) else os.open(place, os.O_PATH)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= OF_FILES
        # Packed, as the kernel has it.
        _call(ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("<Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    given = [ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments]
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(ctypes.c_long(number), *given)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
