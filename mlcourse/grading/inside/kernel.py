"""What Python has no function for: calls to the Linux kernel, and a list of child processes."""

import ctypes
import os
import signal
import sys
from contextlib import suppress

PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
PR_SET_PDEATHSIG = 1
CAPSET = {"x86_64": 126, "aarch64": 91}  # a system call's number depends on the processor


def syscall(number: int, *arguments: object) -> int:
    """Make one system call. Raises OSError with the kernel's reason."""
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def no_new_privileges() -> None:
    """Stop setuid programs from gaining privileges; Landlock and seccomp require this first."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended, so that none can escape."""
    if sys.platform == "linux":
        prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """End as soon as the process that started this one ends, in whatever way."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_capabilities() -> None:
    """Give up the privileges that root has over other users. Does nothing for other users."""
    version = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, for this process
    nothing = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; 2 × 32 bits
    syscall(CAPSET[os.uname().machine], version, nothing)


def children(pid: int) -> list[int]:
    """List the processes that a process has started; empty if the system does not report them."""
    found: list[int] = []
    with suppress(OSError):  # it has ended, or there is no /proc here
        for thread in os.listdir(f"/proc/{pid}/task"):
            # Not `Path`, which takes longer than the rest: the watchdog asks all the time.
            with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as listed:
                found += map(int, listed.read().split())  # none if this thread has ended
    return found
