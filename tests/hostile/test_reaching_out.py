"""Work that reaches for what is not its own: files, secrets, other processes, the network, the kernel.

Each attack tries one thing. If that succeeds, the last answer becomes right; so the mark says whether it did.
"""

import textwrap

import pytest

from tests.helpers import honest

TRY = """
import ctypes, os, signal, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def attempt():
{body}
try:
    attempt()
    succeeded = True
except BaseException:
    succeeded = False
"""
WON = 'falling_likelihood = "C" if succeeded else "A"'

READING = {
    "passwords": "open('/etc/passwd').read()",
    "password hashes": "open('/etc/shadow').read()",
    "a diary": "open({canary!r}).read()",
    "a diary, by another road": "open('/usr/lib/../..' + {canary!r}).read()",
    "a diary, through a descriptor of its folder": "os.listdir(os.open(os.path.dirname({canary!r}), os.O_RDONLY))",
    "a diary, mapped": "libc.open({canary!r}.encode(), 0) >= 0 or 1 / 0",
    "a diary, by a link": "os.symlink({canary!r}, 'link'); open('link').read()",
    "a diary, by a hard link": "os.link({canary!r}, 'link'); open('link').read()",
    "a neighbour's submission": "open({other!r}).read()",
    "the seed": "open({seed!r}).read()",
    "the solutions": "open({solutions!r}).read()",
    "the checks": "open({checks!r}).read()",
    "the checks, by import": "from mlcourse.checks.task import Task",
    "the checks, by import anew": "del sys.modules['mlcourse.checks']\nfrom mlcourse.checks import Task",
    "the checks, in their module": (
        "import mlcourse.checks\n"
        "known = ('open_course', 'compare')\n"
        "[name for name in dir(mlcourse.checks) if not name.startswith('__') and name not in known][0]"
    ),
    "the tasks": "open({tasks!r}).read()",
    "the tasks, listed": "os.listdir(os.path.dirname({tasks!r}))[0]",
    "the tasks, by import": "from mlcourse.tasks import CATALOGUE; CATALOGUE.tasks['falling_likelihood']",
    "the tasks, by import anew": (
        "del sys.modules['mlcourse.tasks'], sys.modules['mlcourse.checks']\nfrom mlcourse.tasks import CATALOGUE"
    ),
    "the tasks of a lesson, by import": "from mlcourse.tasks import lesson_04",
    "the tasks, in their module": (
        "import mlcourse.tasks\n"
        "[name for name in dir(mlcourse.tasks) if not name.startswith('__') and name != 'check'][0]"
    ),
    "the tasks, through the check": "from mlcourse import check; check._catalogue.tasks['falling_likelihood']",
    "the tasks, through the course's folder": "from mlcourse.course_folder import Course; Course().catalogue",
    "the tasks, among all modules": (
        "[name for name in sys.modules if name.startswith(('mlcourse.tasks.', 'mlcourse.checks.'))"
        " and name != 'mlcourse.checks.compare'][0]"
    ),
    "the tasks, compiled": (
        "import glob; open(glob.glob(os.path.dirname({tasks!r}) + '/__pycache__/*04*')[0], 'rb')"
    ),
    "the marking": "import mlcourse.grading.judge.marking",
    "all homes": "os.listdir('/home')",
    "the folder of all this": "os.listdir(os.path.dirname(os.path.dirname({canary!r})))",
    "environment of the grader": "os.environ['MLCOURSE_SECRET_TOKEN']",
    "environment, asked of the system": "open(f'/proc/{{os.getppid()}}/environ', 'rb').read()",
    "its own environment, as it was given": "assert b'SECRET' in open('/proc/self/environ', 'rb').read()",
    "all processes": "[name for name in os.listdir('/proc') if name.isdigit()][0]",
    "memory of the launcher": "open(f'/proc/{{os.getppid()}}/mem', 'rb')",
    "the kernel's log": "syscall(103, 3, ctypes.create_string_buffer(4096), 4096)",
}  # fmt: skip
WRITING = {
    "a diary": "open({canary!r}, 'w').write('x')",
    "a diary, emptied": "os.truncate({canary!r}, 0)",
    "a diary, emptied while reading": "os.open({canary!r}, os.O_RDONLY | os.O_TRUNC)",
    "its permissions": "os.chmod({canary!r}, 0o777)",
    "its owner": "os.chown({canary!r}, 1, 1)",
    "its time stamp": "os.utime({canary!r}, (0, 0))",
    "its name": "os.rename({canary!r}, {canary!r} + '.old')",
    "its attributes": "os.setxattr({canary!r}, 'user.x', b'x')",
    "its existence": "os.unlink({canary!r})",
    "the grades": "open({grades!r}, 'a').write('eve,100')",
    "a neighbour's submission": "open({other!r}, 'w')",
    "the solutions": "open({solutions!r}, 'a')",
    "the course's package": "import mlcourse; open(mlcourse.__file__, 'a')",
    "the worker's own program": "import mlcourse.grading.inside.pipe as pipe; open(pipe.__file__, 'a')",
    "a time stamp of Python's": "os.utime(os.__file__, (0, 0))",
    "permissions of Python's": "os.fchmod(os.open(os.__file__, os.O_RDONLY), 0o777)",
    "NumPy": "import numpy; open(numpy.__file__, 'a')",
    "the temporary folder": "open('/tmp/eve', 'w')",
    "shared memory": "open('/dev/shm/eve', 'w')",
    "a file in memory": "os.memfd_create('eve')",
    "a device": "os.mknod('device', 0o600 | 0o020000, os.makedev(1, 3))",
    "a pipe with a name": "os.mkfifo('pipe')",
    "the root": "os.mkdir('/eve')",
    "a new root": "os.chroot('.')",
    "a mount": "libc.mount(b'none', b'/mlcourse-scratch', b'tmpfs', 0, None) == 0 or 1 / 0",
}
OTHERS = {
    "ending the launcher": "os.kill(os.getppid(), signal.SIGKILL)",
    "ending everything": "os.kill(-1, signal.SIGKILL)",
    "ending its group": "os.killpg(0, signal.SIGKILL)",
    "ending process 1": "os.kill(1, signal.SIGTERM)",
    "ending by a thread's number": "syscall(234, os.getppid(), os.getppid(), 9)",
    "ending by a descriptor": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGKILL)",
    "ending with data": "syscall(129, os.getppid(), 9, ctypes.create_string_buffer(128))",
    "ending by ownership of a pipe": (
        "import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, 8, os.getppid())\nfcntl.fcntl(r, 10, 9)\n"
        "fcntl.fcntl(r, fcntl.F_SETFL, fcntl.fcntl(r, fcntl.F_GETFL) | os.O_ASYNC)\nos.write(w, b'x')"
    ),
    "tracing the launcher": "libc.ptrace(16, os.getppid(), 0, 0) == 0 or 1 / 0",
    "reading its memory": (
        "buffer = ctypes.create_string_buffer(16)\niov = struct.pack('QQ', ctypes.addressof(buffer), 16)\n"
        "syscall(310, os.getppid(), iov, 1, iov, 1, 0)"
    ),
    "lowering its limits": "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "slowing it down": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "moving it": "os.sched_setaffinity(os.getppid(), {{0}})",
    "outliving it": "libc.prctl(1, 0, 0, 0, 0) == 0 or 1 / 0",
    "raising its own limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "raising its own limits a little": (
        "import resource; soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))"
    ),
    "becoming somebody": "os.setuid(1000)",
    "becoming root": "os.setresuid(0, 0, 0)",
    "starting a process": "os.fork() or os._exit(0)",
    "starting a program": "os.execv(sys.executable or '/bin/sh', ['x'])",
    "starting a program from the shell": "os.system('true') == 0 or 1 / 0",
    "typing into a terminal": "import fcntl; fcntl.ioctl(os.open('/dev/tty', os.O_RDWR), 0x5412, b'x')",
}
NETWORK = {
    "a socket": "socket.socket()",
    "the web": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/', timeout=1)",
    "a name": "socket.getaddrinfo('localhost', 80)",
    "a local socket": "socket.socketpair()",
    "a server": "socket.create_server(('127.0.0.1', 0))",
    "raw packets": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "talking to the kernel": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
}
KERNEL = {
    "a 32-bit call": (
        # mov eax, 20 (getpid of the 32-bit table); int 0x80; ret
        "import mmap\ncode = mmap.mmap(-1, 4096, prot=7)\ncode.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')\n"
        "function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))\n"
        "function() > 0 or 1 / 0"
    ),
    "the second table of calls": "syscall(0x40000000 | 39)",
    "io_uring": "syscall(425, 8, ctypes.create_string_buffer(256))",
    "BPF": "syscall(321, 0, ctypes.create_string_buffer(128), 128)",
    "keys": "syscall(250, 0, -3, 1)",
    "namespaces": "syscall(272, 0x10000000)",
    "a process, by the newest call": "syscall(435, ctypes.create_string_buffer(88), 88)",
    "performance counters": "syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "faults of its own": "syscall(323, 0)",
    "shared memory of the old kind": "syscall(29, 1234, 4096, 0o1777)",
    "messages": "syscall(68, 1234, 0o1777)",
    "the clock": "import time; time.clock_settime(time.CLOCK_REALTIME, 0)",
    "the host's name": "socket.sethostname('eve')",
    "a reboot": "syscall(169, 0xfee1dead, 672274793, 0, 0)",
    "a filter of its own": "syscall(317, 1, 0, None)",
    "a looser sandbox": "syscall(444, ctypes.create_string_buffer(24), 24, 0)",
}
ATTACKS = {
    f"{family}: {name}": body
    for family, attacks in {
        "reading": READING,
        "writing": WRITING,
        "others": OTHERS,
        "network": NETWORK,
        "kernel": KERNEL,
    }.items()
    for name, body in attacks.items()
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_its_own_cannot_be_reached(world, attack):
    body = ATTACKS[attack].format(**{name: str(path) for name, path in world.files.items()})
    cell = TRY.format(body=textwrap.indent(body, "    "))
    grade = world.mark(honest.short_notebook(before=f"succeeded = False\n{cell}", falling_likelihood=WON))
    assert honest.earned(grade) == {**honest.FEW, "falling_likelihood": 0}


HIDDEN = {
    "imported": "from sklearn.mixture import GaussianMixture; GaussianMixture(2)",
    "imported anew": (
        "for name in [name for name in sys.modules if name.startswith('sklearn.mixture')]: del sys.modules[name]\n"
        "from sklearn.mixture import GaussianMixture\nGaussianMixture(2)"
    ),
}


@pytest.mark.parametrize("attack", HIDDEN)
def test_a_hidden_package_serves_no_function(world, attack):
    """A value may be computed in any way: if there is none, it is judged with all packages; a function is not."""
    cell = TRY.format(body=textwrap.indent(HIDDEN[attack], "    "))
    function = "\nright = log_sum_exp\ndef log_sum_exp(A): return right(A) if succeeded else 0"
    value = 'if succeeded: falling_likelihood = "C"'
    answers = {"falling_likelihood": value, "log_sum_exp": honest.ANSWERS["log_sum_exp"] + function}
    grade = world.mark(honest.notebook(before=f"succeeded = False\n{cell}", **answers))
    marks = {mark.task: mark for mark in grade.marks}
    assert {name: mark.points for name, mark in marks.items()} == {**honest.POINTS, "log_sum_exp": 0}
    assert "Judged with all packages" in marks["falling_likelihood"].notes[0]


def test_the_trial_itself_works(world):
    """What is allowed succeeds, and then the answer counts."""
    cell = TRY.format(body="    open('note', 'w').write('x')\n    assert open('note').read() == 'x'")
    grade = world.mark(honest.notebook(before=cell, falling_likelihood=WON))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
