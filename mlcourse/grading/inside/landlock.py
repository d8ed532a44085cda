"""Landlock (Linux 5.13): a process permanently gives up access to every file that is not on a list.

It needs no privileges, and nothing has to be installed. The filter in `seccomp.py` covers what Landlock does not:
chmod, chown, time stamps, sockets, signals, truncation before ABI 3. The contents of a file stay hidden; its
existence, size and age do not. See landlock(7).
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from mlcourse.grading.inside.kernel import no_new_privileges, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every processor
GET_VERSION = 1
PATH_BENEATH = 1

WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(1, 6))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
TRUNCATE = 1 << 14

READ_RIGHTS = READ_FILE | READ_DIR
# No links, sockets, pipes or devices, even in the worker's own folder.
WRITE_RIGHTS = READ_RIGHTS | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
FILE_RIGHTS = READ_FILE | WRITE_FILE | TRUNCATE

# Handled rights are forbidden wherever no rule grants them. Each version of Landlock's interface adds more of them.
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP = 0b11  # bind and connect, from version 4
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # to processes outside, from version 6


class Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr"""

    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Rule(ctypes.Structure):
    """struct landlock_path_beneath_attr"""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of Landlock's interface in this kernel; 0 if it has none."""
    if sys.platform != "linux":
        return 0
    try:
        return syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(GET_VERSION))
    except OSError:  # not compiled in, switched off at boot, or forbidden by a container
        return 0


class Files(NamedTuple):
    """The files that a process may use: each path is a file, or a folder with everything in it, at any depth."""

    readable: Iterable[str]
    writable: Iterable[str]
    listable: Iterable[str] = ()  # names alone are seen


def ruleset(files: Files) -> int:
    """Make a ruleset and return its descriptor. Raises OSError if the kernel cannot."""
    abi = version()
    if not abi:
        raise OSError("this kernel has no Landlock")
    handled = HANDLED[min(abi, 5)]
    attributes = Ruleset(handled, TCP if abi >= 4 else 0, ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24  # older kernels expect a shorter struct
    rules = syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, rights in zip(files, (READ_RIGHTS, WRITE_RIGHTS, READ_DIR)):
        for path in paths:
            _allow(rules, path, rights & handled)
    return rules


def confine(*rulesets: int) -> None:
    """Restrict this process to what every ruleset allows, and close them. Raises OSError if the kernel cannot."""
    no_new_privileges()
    for rules in rulesets:
        syscall(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    """Grant rights on a file, or on a folder and everything in it. Ignores a path that does not exist."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = rights if os.path.isdir(path) else rights & FILE_RIGHTS
        syscall(
            ADD_RULE,
            ctypes.c_int(rules),
            ctypes.c_int(PATH_BENEATH),
            ctypes.byref(Rule(rights, descriptor)),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(descriptor)
