"""This package, and those that only rows beyond memory need: `pip install "mlcourse[scale]"` brings them."""

from importlib import import_module
from typing import Any

PACKAGE = __name__.partition(".")[0]


def version() -> str:
    """Return the version of this package."""
    return str(import_module(PACKAGE).__version__)


def needed(module: str, purpose: str) -> Any:
    """Import a module of the extra [scale]. Raises ImportError that says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{purpose} need the package {package}, which is not installed here. Install everything for rows beyond"
            f' memory with: pip install "{PACKAGE}[scale]"'
        ) from error
