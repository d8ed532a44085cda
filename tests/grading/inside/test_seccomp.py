"""The system-call filter, interpreted instruction by instruction."""

import os
import socket
import struct
import sys

import pytest

from mlcourse.grading.inside import seccomp

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


def decide(filter_program, architecture: int, number: int, *arguments: int) -> int:
    """Return what a filter decides about a system call: the BPF machine in a few lines, as an oracle."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = filter_program[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code == 0x15:
            at += if_true if accumulator == value else if_false
        elif code == 0x35:
            at += if_true if accumulator >= value else if_false
        else:
            return value


ME = 4321
ALLOWED = seccomp.ALLOW


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
def test_the_filter_allows_only_the_listed_calls(machine):
    column, architecture = seccomp.PROCESSORS[machine]
    rules = seccomp.program(machine, ME)
    listed = {numbers[column] for numbers in seccomp.ALWAYS_ALLOWED.values()} - {None}
    conditional = {
        numbers[column]
        for numbers in (
            seccomp.OPEN,
            seccomp.OPENAT,
            seccomp.MMAP,
            seccomp.CLONE,
            seccomp.CLONE3,
            seccomp.CLOSE_RANGE,
            seccomp.SENDTO,
            seccomp.RECVFROM,
            seccomp.RECVMSG,
            seccomp.KILL,
            seccomp.TKILL,
            seccomp.TGKILL,
            seccomp.FCNTL,
            seccomp.IOCTL,
            seccomp.PRCTL,
            seccomp.PRLIMIT64,
        )
    }
    for number in set(range(600)) - conditional:
        assert (decide(rules, architecture, number) == ALLOWED) == (number in listed)
    assert decide(rules, 0x40000003, 20) == seccomp.KILL_PROCESS  # i386
    assert decide(rules, architecture, seccomp.X32 | seccomp.ALWAYS_ALLOWED["read"][column]) != ALLOWED


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
@pytest.mark.parametrize(
    ("call", "arguments", "allowed"),
    [
        (seccomp.CLONE, (0x3D0F00,), True),  # a thread, as glibc starts it
        (seccomp.CLONE, (0x10900,), False),  # a thread with a table of open files of its own
        (seccomp.CLOSE_RANGE, (3, 9, 0), True),
        (seccomp.CLOSE_RANGE, (3, 9, 4), True),
        (seccomp.CLOSE_RANGE, (3, 9, 2), False),  # CLOSE_RANGE_UNSHARE
        (seccomp.CLOSE_RANGE, (3, 9, 6), False),
        (seccomp.CLONE, (17,), False),  # a process: SIGCHLD alone
        (seccomp.CLONE, (0x4111,), False),  # vfork
        (seccomp.CLONE, (0x10000 | 0x10000000,), False),  # a thread with a namespace of its own
        (seccomp.CLONE3, (1, 88), False),
        (seccomp.KILL, (ME, 9), True),
        (seccomp.KILL, (1, 9), False),
        (seccomp.KILL, (0, 9), False),
        (seccomp.KILL, (2**64 - 1, 9), False),
        (seccomp.TGKILL, (ME, 77, 6), True),
        (seccomp.TGKILL, (1, 1, 9), False),
        (seccomp.OPENAT, (0, 0, os.O_RDONLY), True),
        (seccomp.OPENAT, (0, 0, os.O_WRONLY | os.O_TRUNC), True),
        (seccomp.OPENAT, (0, 0, os.O_RDONLY | os.O_TRUNC), False),
        (seccomp.MMAP, (0, 4096, 3, 0x22), True),  # private and anonymous
        (seccomp.MMAP, (0, 4096, 3, 0x01), True),  # a file, shared
        (seccomp.MMAP, (0, 4096, 3, 0x21), False),  # shared and anonymous
        (seccomp.MMAP, (0, 4096, 3, 0x23), False),  # the same, MAP_SHARED_VALIDATE
        (seccomp.SENDTO, (3, 0, 9, socket.MSG_DONTWAIT), True),
        (seccomp.SENDTO, (3, 0, 9, socket.MSG_DONTWAIT | socket.MSG_OOB), False),
        (seccomp.RECVFROM, (3, 0, 9, 0), True),
        (seccomp.RECVFROM, (3, 0, 9, socket.MSG_OOB), False),
        (seccomp.RECVMSG, (3, 0, socket.MSG_CMSG_CLOEXEC), True),
        (seccomp.RECVMSG, (3, 0, socket.MSG_OOB), False),
        (seccomp.FCNTL, (3, 1030, 0), True),
        (seccomp.FCNTL, (3, 8, 1), False),  # F_SETOWN
        (seccomp.FCNTL, (3, 10, 9), False),  # F_SETSIG
        (seccomp.IOCTL, (3, 0x5401), True),
        (seccomp.IOCTL, (3, 0x5412), False),  # TIOCSTI
        (seccomp.PRCTL, (15,), True),
        (seccomp.PRCTL, (1, 0), False),  # PR_SET_PDEATHSIG
        (seccomp.PRLIMIT64, (0, 7, 0, 1), True),
        (seccomp.PRLIMIT64, (0, 7, 1, 0), False),
        (seccomp.PRLIMIT64, (0, 7, 1 << 32, 0), False),
        (seccomp.PRLIMIT64, (1, 7, 0, 1), False),
    ],
)
def test_some_calls_depend_on_their_arguments(machine, call, arguments, allowed):
    column, architecture = seccomp.PROCESSORS[machine]
    if call[column] is None:
        pytest.skip("this processor has no such call")
    rules = seccomp.program(machine, ME)
    assert (decide(rules, architecture, call[column], *arguments) == ALLOWED) == allowed


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
def test_locks_are_neither_taken_nor_refused(machine):
    column, architecture = seccomp.PROCESSORS[machine]
    rules = seccomp.program(machine, ME)
    assert decide(rules, architecture, seccomp.FLOCK[column], 3, 2) == seccomp.PRETEND
    for command, decision in ((6, seccomp.PRETEND), (7, seccomp.PRETEND), (5, ALLOWED), (37, seccomp.REFUSE)):
        assert decide(rules, architecture, seccomp.FCNTL[column], 3, command) == decision


def test_every_jump_stays_within_the_filter():
    for machine in seccomp.PROCESSORS:
        rules = seccomp.program(machine, ME)
        assert len(rules) <= 4096
        assert all(0 <= jump < 256 for _, *jumps, _ in rules for jump in jumps)
        assert rules[-1][0] == seccomp.RETURN
