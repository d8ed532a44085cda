"""The guards: style, types, the direction of imports, and the browser's scripts.

Each is one command that has to succeed. They run side by side, and only those that fail are heard.
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
COMMANDS = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "--no-cache"],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "--no-cache"],
    "mypy": [PYTHON, "-m", "mypy"],
    "import-linter": [PYTHON, "-c", IMPORT_LINTER, "--no-logo", "--no-cache"],
}
SUMMARY = ", ".join([*COMMANDS, "biome"])


def run() -> int:
    """Run all guards; print what the failing ones say; return 1 if one failed."""
    commands = {**COMMANDS, **dict(scripts())}
    with ThreadPoolExecutor() as pool:
        failures = list(pool.map(lambda item: failure(*item), commands.items()))
    for text in filter(None, failures):
        print(text)
    return int(any(failures))


def failure(name: str, command: list[str]) -> str:
    """What a guard says when it fails; empty if it is content."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return f"\n{name} failed:\n{done.stdout}{done.stderr}" if done.returncode else ""


def scripts() -> Iterator[tuple[str, list[str]]]:
    """The linter of the browser's scripts, if npm is here and can get it."""
    npm = shutil.which("npm")
    if npm is None:
        print("biome: skipped, as there is no npm here")
        return
    biome = [npm, "exec", "--yes", f"--package={BIOME}", "--", "biome"]
    if failure("biome", [*biome, "--version"]):
        print("biome: skipped, as npm cannot get it")
        return
    yield "biome", [*biome, "lint", "--error-on-warnings", "mlcourse/widgets/player"]
