"""Linters and the type checker: style, types, the direction of imports, and the browser's scripts.

Each is one command that has to succeed. They run in parallel, and only those that fail print anything.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from mlcourse.cli import ROOT

PYTHON = sys.executable
IMPORT_LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"
BIOME = "@biomejs/biome@2.2.4"
SCRIPTS = ["mlcourse/widgets/player", "mlcourse/grading/desk/static", "tools/site/theme"]
COMMANDS = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "--no-cache"],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "--no-cache"],
    "mypy": [PYTHON, "-m", "mypy"],
    "import-linter": [PYTHON, "-c", IMPORT_LINTER, "--no-logo", "--no-cache"],
}
SUMMARY = ", ".join([*COMMANDS, "biome"])


def run() -> int:
    """Run all linters and print the output of those that fail; return 1 if one failed, else 0."""
    commands = {**COMMANDS, **dict(scripts())}
    with ThreadPoolExecutor() as pool:
        failures = list(pool.map(lambda item: failure(*item), commands.items()))
    for text in filter(None, failures):
        print(text)
    return int(any(failures))


def failure(name: str, command: list[str]) -> str:
    """Run one linter; return its output if it fails, otherwise an empty string."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return f"\n{name} failed:\n{done.stdout}{done.stderr}" if done.returncode else ""


def scripts() -> Iterator[tuple[str, list[str]]]:
    """Yield the linter for the browser's scripts, unless npm is missing or cannot download it."""
    npm = shutil.which("npm")
    if npm is None:
        print("biome: skipped, because npm is not installed")
        return
    biome = [npm, "exec", "--yes", f"--package={BIOME}", "--", "biome"]
    if failure("biome", [*biome, "--version"]):
        print("biome: skipped, because npm cannot download it")
        return
    yield "biome", [*biome, "lint", "--error-on-warnings", *SCRIPTS]
