"""Right answers in the place of the student's, during one request: each call of one is a question to the parent.

The right answer itself never enters the sandbox. The parent sends its result, or says why there is none.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mlcourse.binding import bound_arguments
from mlcourse.grading.inside import pipe
from mlcourse.plain import plain
from mlcourse.typing import Array


@contextmanager
def lent(
    namespace: dict[str, Any], functions: Mapping[str, Sequence[str]], channel: socket.socket, number: str
) -> Iterator[None]:
    """Put a right answer in the place of each of these functions, given with the names of their parameters.

    `number` is that of the request: questions repeat it, as replies do.
    """
    own = {name: namespace[name] for name in functions if name in namespace}
    taking_turns = threading.Lock()
    for name, parameters in functions.items():
        namespace[name] = _stand_in(name, own.get(name), parameters, channel, number, taking_turns)
    try:
        yield
    finally:
        for name in functions:
            namespace.pop(name, None)
        namespace.update(own)


def _stand_in(
    name: str,
    own: object,
    parameters: Sequence[str],
    channel: socket.socket,
    number: str,
    turn: threading.Lock,
) -> Callable[..., Any]:
    def answer(*args: object, **kwargs: object) -> object:
        arrays: list[Array] = []
        values = tuple(plain(value) for value in bound_arguments(own, parameters, args, kwargs))
        question = {"number": number, "question": name, "args": pipe.pack(values, arrays)}
        with turn:
            pipe.send(channel, question, arrays)
            reply, received = pipe.receive(channel)
        if "refused" in reply:
            raise ValueError(reply["refused"])
        return pipe.unpack(reply["value"], received)

    answer.__name__ = answer.__qualname__ = name
    return answer
