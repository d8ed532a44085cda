"""Where pages are, relative to the index."""


def student_path(name: str) -> str:
    """Return the path of a submission's page, from the name of its files (`records.results.name_of`)."""
    return f"students/{name}.html"


def lesson_path(lesson: str) -> str:
    return f"lesson_{lesson}.html"
