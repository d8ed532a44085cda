"""Rubrics and sample answers of the open questions, from the course's docs/open_questions.md."""

import re
from pathlib import Path

import mistune
from markupsafe import Markup

RUBRICS = Path("docs") / "open_questions.md"  # in a course's folder
TO_HTML = mistune.create_markdown(escape=True, plugins=["table"])


def read_rubrics(root: Path) -> dict[str, Markup]:
    """Return the rubric of each task as HTML, by the name of the task; none if the course has no such page.

    A rubric is a section of the third level, and the first word in it that is set as code names the task.
    """
    path = root / RUBRICS
    text = path.read_text("utf-8") if path.is_file() else ""
    rubrics: dict[str, Markup] = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        _, _, body = re.split(r"^## ", section, flags=re.MULTILINE)[0].partition("\n")
        if task := re.search(r"`(\w+)`", body):
            rubrics.setdefault(task[1], Markup(TO_HTML(body.strip())))
    return rubrics
