"""Which version of an answer was judged: a digest of the cell that defines it, and of the functions that it calls."""

import hashlib
import io
import re
import symtable
import tokenize
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


class Names(NamedTuple):
    """The names that a cell defines, which of them are functions or classes, and the global names that it uses."""

    defined: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


class Versions:
    """The versions of the answers in a list of cells.

    Parameters
    ----------
    cells : iterable of str
        The sources of code cells in the order in which they run: the last one that defines a name counts.
    """

    def __init__(self, cells: Iterable[str]):
        self._cell_of: dict[str, str] = {}
        self._functions: set[str] = set()
        for source in cells:
            names = names_in(source)
            self._cell_of |= dict.fromkeys(names.defined, source)
            self._functions = (self._functions - names.defined) | names.functions

    def source(self, name: str) -> str | None:
        """Return the source of the cell that defines a name; None without one."""
        return self._cell_of.get(name)

    def digest(self, name: str) -> str | None:
        """Return a digest of the cell that defines a name, and of the functions that it calls; None without one.

        Comments, empty lines and spaces at the ends of lines do not count.
        """
        if name not in self._cell_of:
            return None
        cells: dict[str, str] = {}
        wanted = {name}
        while wanted:
            one = wanted.pop()
            cells[one] = tidy(self._cell_of[one])
            wanted |= (names_in(self._cell_of[one]).used & self._functions) - set(cells)
        text = "\0".join(sorted(set(cells.values())))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def tidy(source: str) -> str:
    """Return the tokens of a cell without comments and empty lines; all of it if it is not Python."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source.strip()).readline))
    except (tokenize.TokenError, SyntaxError):
        return "\n".join(line.rstrip() for line in source.strip().splitlines())
    return "\n".join(token.string for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL))


@lru_cache(maxsize=4096)
def names_in(source: str) -> Names:
    """Return the names in a cell; none if it is not valid Python even without its magics."""
    for text in (source, MAGIC.sub("", source)):
        try:
            table = symtable.symtable(text, "<cell>", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        own = [symbol for symbol in table.get_symbols() if symbol.is_assigned() and not symbol.is_imported()]
        return Names(
            frozenset(symbol.get_name() for symbol in own),
            frozenset(symbol.get_name() for symbol in own if symbol.is_namespace()),
            frozenset(used_in(table)),
        )
    return Names()


def used_in(table: symtable.SymbolTable) -> set[str]:
    """Return the global names that a block and the blocks inside it use."""
    top = table.get_type() == "module"
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (top or symbol.is_global())
    }
    return names.union(*map(used_in, table.get_children()))
