"""A filter over this process's system calls: what no reader of files needs is refused by the kernel (seccomp(2)).

A refused call fails as if a privilege were missing, so that libraries go on without. Threads are allowed, processes
and programs are not. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
"""

import ctypes
import errno
import os
import struct

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
CLONE_THREAD = 0x00010000
X32 = 0x40000000
"""A bit of the numbers of calls on x86-64 that name the same calls once more."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""As the kernel calls them (AUDIT_ARCH); a column of the tables below for each, in this order."""

REFUSED: dict[str, tuple[int, int | None]] = {
    # A network, and sockets that lie in the file system, which no namespace hides.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "connect": (42, 203),
    # Programs and processes.
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # Other processes of the same user.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    # Another view of the machine.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    # Parts of the kernel that have been the way out of many a cage.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
CLONE = (56, 220)
CLONE3 = (435, 435)
TO_ITSELF = {"kill": (62, 129), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)}
"""Signals, which a process may send to itself."""
PRLIMIT64 = (302, 261)

LOAD, EQUALS, AT_LEAST, HAS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of BPF, which works on words of 32 bits: load, compare with a constant, end."""
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Where they stand in struct seccomp_data; the lower half of the argument."""
KILL = 0x80000000
ALLOW = 0x7FFF0000
FAIL = 0x00050000

Instruction = tuple[int, int, int, int]
"""Operation, how many instructions to pass over when it holds and when not, constant."""


def refuse_calls() -> None:
    """Filter every call of this process from now on; it needs PR_SET_NO_NEW_PRIVS. Raises OSError."""
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no filter is written for {machine}")
    written = b"".join(struct.pack("=HBBI", *instruction) for instruction in _program(machine))
    program = ctypes.create_string_buffer(written, len(written))
    # struct sock_fprog: how many instructions, and where.
    filters = struct.pack("@HP", len(written) // 8, ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, ctypes.c_long(SECCOMP_MODE_FILTER), ctypes.c_char_p(filters), 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _program(machine: str) -> list[Instruction]:
    column = list(ARCHITECTURES).index(machine)
    program = [(LOAD, 0, 0, ARCHITECTURE), (EQUALS, 1, 0, ARCHITECTURES[machine]), _end(KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        program += [(AT_LEAST, 0, 1, X32), _end(FAIL | errno.EPERM)]
    for numbers in REFUSED.values():
        if (number := numbers[column]) is not None:
            program += _when(number, _end(FAIL | errno.EPERM))
    program += _when(CLONE[column], *_only((HAS, CLONE_THREAD)))
    # Its flags lie in memory, where no filter looks: without it, the C library takes clone.
    program += _when(CLONE3[column], _end(FAIL | errno.ENOSYS))
    for numbers in TO_ITSELF.values():
        program += _when(numbers[column], *_only((EQUALS, os.getpid())))
    program += _when(PRLIMIT64[column], *_only((EQUALS, 0)))
    return [*program, _end(ALLOW)]


def _when(number: int, *then: Instruction) -> list[Instruction]:
    """Instructions for one call, passed over by all others. They end it."""
    return [(EQUALS, 0, len(then), number), *then]


def _only(holds: tuple[int, int]) -> list[Instruction]:
    """Allow a call for which this holds of its first argument."""
    operation, constant = holds
    return [(LOAD, 0, 0, FIRST_ARGUMENT), (operation, 0, 1, constant), _end(ALLOW), _end(FAIL | errno.EPERM)]


def _end(outcome: int) -> Instruction:
    return (RETURN, 0, 0, outcome)
