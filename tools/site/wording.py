"""What a page says where a notebook speaks of its cells: on a page nothing has to be run."""

import re
from collections.abc import Callable

RUN_THEM = r"\bRun\s+the\s+(?:two\s+(?:folded\s+)?cells\s+below|cells\s+up\s+to\s+the\s+next\s+picture)"
NOTE = """\
```{note}
On this page, nothing has to be run: what the cells show is here already. To run and change them, get the course
[on your own machine](../index.md#on-your-own-machine).
```
"""

EXERCISE_NOTE = """\
```{note}
On this page you can read the tasks and their hints. To write answers and have them checked, get the course
[on your own machine](../index.md#on-your-own-machine).
```
"""


def _sentence(found: re.Match[str]) -> str:
    return found["next"].upper()


WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"{RUN_THEM},\s+then\s+(?=move\b)", "In Jupyter, "),  # sliders need Python
        (rf"{RUN_THEM},\s+(?:then\s+)?(?P<next>\w)", _sentence),
        (rf"{RUN_THEM}\.\s+", ""),
        (r"\bRun\s+the\s+cell,\s+(?P<next>\w)", _sentence),
        (
            r"\*\*Before\s+you\s+move\s+(?:a|the)\s+slider(:?)\*\*",
            r"**Before you look (in Jupyter, at a slider)\1**",
        ),
        (
            r"\*\*Try\s+it\.\*\*\s+Move\s+the\s+sliders\s+below\.",
            "**Try it in Jupyter,** where sliders change this picture.",
        ),
        (r"If\s+the\s+sliders?\s+do(?:es)?\s+not\s+appear, here", "Here"),
        (
            r"\*\*Before\s+you\s+run\s+the\s+next\s+cells?(:?)\*\*(?:\s+\((?:it\s+takes\s+)?a\s+few\s+seconds\))?",
            r"**Before you look\1**",
        ),
    )
)


def for_readers(text: str) -> str:
    """Return the text of a cell for those who read it on a page."""
    for pattern, words in WORDS:
        text = pattern.sub(words, text)
    return text
