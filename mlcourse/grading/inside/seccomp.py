"""seccomp: a process permanently gives up every system call that is not on a short list.

The list is what Python and NumPy need to compute, and to read and write the files that the sandbox allows. Everything
else is refused with EPERM: starting a process or a program (fork, execve), sockets, signals to other processes,
tracing, mounting, changing owners, permissions or time stamps, links, shared memory, keys, BPF, io_uring, and
whatever a later kernel adds. Locks of files, which databases take, are neither taken nor refused: the kernel is not
asked, and the call succeeds.

The filter is a program for the kernel's BPF machine, built here instruction by instruction. See seccomp(2).
"""

import ctypes
import errno
import os
from typing import TypeAlias

from mlcourse.grading.inside.kernel import no_new_privileges, syscall

# Numbers of the system calls on x86_64 and on aarch64; None if a processor has no such call.
ALWAYS_ALLOWED = {
    # files
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "close": (3, 57), "lseek": (8, 62), "fstat": (5, 80),
    "newfstatat": (262, 79), "stat": (4, None), "lstat": (6, None), "statx": (332, 291), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None),
    "mkdirat": (258, 34), "unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "ftruncate": (77, 46), "fsync": (74, 82),
    "fdatasync": (75, 83), "fadvise64": (221, 223), "sendfile": (40, 71), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "statfs": (137, 43), "fstatfs": (138, 44), "umask": (95, 166),
    # pipes within the process, waiting
    "pipe": (22, None), "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "select": (23, None),
    "pselect6": (270, 72), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19),
    # memory
    "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233),
    "msync": (26, 227), "brk": (12, 214), "membarrier": (324, 283),
    # time
    "sched_yield": (24, 124), "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "alarm": (37, None), "getitimer": (36, 102), "setitimer": (38, 103), "pause": (34, None),
    "restart_syscall": (219, 128),
    # information about the process itself
    "getrusage": (98, 165), "getrlimit": (97, 163), "sysinfo": (99, 179), "uname": (63, 160), "getpid": (39, 172),
    "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getgroups": (115, 158), "getpgrp": (111, None), "getpgid": (121, 155),
    "getsid": (124, 156), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "getcpu": (309, 168), "getrandom": (318, 278),
    # threads, signals to itself, exiting
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293), "set_tid_address": (218, 96),
    "arch_prctl": (158, None), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132), "wait4": (61, 260),
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
OPEN, OPENAT = (2, None), (257, 56)
MMAP = (9, 222)
CLONE, CLONE3 = (56, 220), (435, 435)
CLOSE_RANGE = (436, 436)
KILL, TKILL, TGKILL = (62, 129), (200, 130), (234, 131)
FCNTL, IOCTL, PRCTL, PRLIMIT64 = (72, 25), (16, 29), (157, 167), (302, 261)
FLOCK = (73, 32)
# The worker's own socket: bytes in both directions, open files only in one (`sendmsg` could pass them on).
SENDTO, RECVFROM, RECVMSG = (44, 206), (45, 207), (47, 212)
SECCOMP = (317, 277)

PROCESSORS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_…
X32 = 0x40000000  # x86_64 has a second table of calls, under these numbers

# Instructions of the BPF machine, and the values that a filter may return.
LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
REFUSE, UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
PRETEND = 0x00050000  # the call returns 0, and the kernel does nothing
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data

CLONE_THREAD, NAMESPACES = 0x00010000, 0x7E020000
CLONE_FILES = 0x400  # the thread has the same open files, or the watchdog would not see those that it opens
CLOSE_RANGE_CLOEXEC = 4  # but not CLOSE_RANGE_UNSHARE, which gives a thread a table of its own
MAP_SHARED, MAP_ANONYMOUS = 0x01, 0x20
O_ACCMODE, O_TRUNC = 0o3, 0o1000
MSG_OOB = 1
# Duplicating and querying, but no F_SETOWN or F_SETSIG (they signal other processes), no leases.
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 1030, 1032)
FCNTL_LOCKS = (6, 7)  # taking one: nobody else is there to be locked out
# Terminal or not, its width, blocking, close on exec, bytes left to read; but no typing into it (TIOCSTI).
IOCTL_REQUESTS = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451, 0x541B)
PRCTL_OPTIONS = (15, 16)  # a thread's name


# Code, jump if true, jump if false, value: the fields of Instruction.
Step: TypeAlias = tuple[int, int, int, int]


class Instruction(ctypes.Structure):
    """struct sock_filter"""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction)))


def confine() -> None:
    """Apply the filter to all threads of this process. Raises OSError if the kernel cannot."""
    instructions = program(os.uname().machine, os.getpid())
    array = (Instruction * len(instructions))(*(Instruction(*step) for step in instructions))
    no_new_privileges()
    column, _ = PROCESSORS[os.uname().machine]
    set_filter, all_threads = ctypes.c_uint(1), ctypes.c_uint(1)
    syscall(SECCOMP[column], set_filter, all_threads, ctypes.byref(Program(len(array), array)))


def program(machine: str, own_pid: int) -> list[Step]:
    """Build the filter for a processor; `own_pid` is the only process that may be sent a signal.

    Raises KeyError for a processor that is not in PROCESSORS.
    """
    column, architecture = PROCESSORS[machine]
    conditional = [
        # Opening for reading and truncating at once: Landlock misses that before ABI 3.
        (OPEN, _allow_unless(1, O_ACCMODE | O_TRUNC, O_TRUNC)),
        (OPENAT, _allow_unless(2, O_ACCMODE | O_TRUNC, O_TRUNC)),
        # Memory that stays in use when nearly all of it is unmapped, so that no count of pages sees it.
        (MMAP, _allow_unless(3, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS)),
        # Nothing here needs urgent data, and several errors of kernels were in the code for them.
        (SENDTO, _allow_unless(3, MSG_OOB, MSG_OOB)),
        (RECVFROM, _allow_unless(3, MSG_OOB, MSG_OOB)),
        (RECVMSG, _allow_unless(2, MSG_OOB, MSG_OOB)),
        (CLONE, _allow_only_threads()),
        # Its flags are in memory, where a filter cannot see them. If the call does not exist, glibc uses clone.
        (CLONE3, [(RETURN, 0, 0, UNKNOWN)]),
        (KILL, [*_load(0), *_allow_if(own_pid)]),
        (TKILL, [*_load(0), *_allow_if(own_pid)]),
        (TGKILL, [*_load(0), *_allow_if(own_pid)]),
        (CLOSE_RANGE, [*_load(2), *_allow_if(0, CLOSE_RANGE_CLOEXEC)]),
        (FCNTL, [*_load(1), *_return_if(PRETEND, *FCNTL_LOCKS), *_allow_if(*FCNTL_COMMANDS)]),
        (FLOCK, [(RETURN, 0, 0, PRETEND)]),
        (IOCTL, [*_load(1), *_allow_if(*IOCTL_REQUESTS)]),
        (PRCTL, [*_load(0), *_allow_if(*PRCTL_OPTIONS)]),
        (PRLIMIT64, _allow_reading_limits()),
    ]
    plain = [(numbers, [(RETURN, 0, 0, ALLOW)]) for numbers in ALWAYS_ALLOWED.values()]
    body = [
        instruction
        for numbers, block in plain + conditional
        if (number := numbers[column]) is not None
        for instruction in ((EQUAL, 0, len(block), number), *block)
    ]
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL_PROCESS),  # another processor's numbers, such as a 32-bit program's
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, REFUSE),
        *body,
        (RETURN, 0, 0, REFUSE),
    ]


def _load(argument: int, high: bool = False) -> list[Step]:
    """Load the lower or upper 32 bits of a call's argument (both processors are little-endian)."""
    return [(LOAD, 0, 0, 16 + 8 * argument + 4 * high)]


def _allow_if(*values: int) -> list[Step]:
    """Allow the call if the loaded value is one of these; otherwise refuse it."""
    return [*_return_if(ALLOW, *values), (RETURN, 0, 0, REFUSE)]


def _return_if(decision: int, *values: int) -> list[Step]:
    """Decide on the call if the loaded value is one of these; otherwise go on."""
    return [step for value in values for step in ((EQUAL, 0, 1, value), (RETURN, 0, 0, decision))]


def _allow_only_threads() -> list[Step]:
    """Allow threads that share all open files, and no process or namespace."""
    kind = CLONE_THREAD | CLONE_FILES
    return [*_load(0), (AND, 0, 0, kind | NAMESPACES), *_allow_if(kind)]


def _allow_unless(argument: int, mask: int, value: int) -> list[Step]:
    """Refuse the call if these bits of an argument have this value."""
    return [
        *_load(argument),
        (AND, 0, 0, mask),
        (EQUAL, 0, 1, value),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]


def _allow_reading_limits() -> list[Step]:
    """Allow prlimit64 on the process itself with no new limit: both halves of that pointer are zero."""
    return [
        *_load(0),
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, REFUSE),
        *_load(2),
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, REFUSE),
        *_load(2, high=True),
        *_allow_if(0),
    ]
