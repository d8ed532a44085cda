"""From the text of a cell to Python, without running anything: for all who read the code of a notebook.

`parse_cell` returns a syntax tree, `python_source` the text. IPython itself translates what is not Python, such as
`files = !ls` and `x?`. The code inside a magic that runs it, such as `%%time`, takes the magic's place.

The text may be hostile, so its size is limited first. The parser is written in C and recursive, and a cell with ten
thousand brackets was written to overflow its stack; some texts make a tokenizer take quadratic time.
"""

import ast
import io
import re
import tokenize
import warnings
from typing import Any

MAX_CHARACTERS = 100_000  # per cell
MAX_LINE = 1000  # characters in a line of the kind that takes quadratic time
MAX_DEPTH = 40  # of nested brackets, and of nested blocks
MAX_TOKENS = 5000  # per statement
MAX_TREE = 200  # levels in the tree of a statement, so that a reader of the tree may be recursive
MAX_ATTRIBUTES = 10  # in the name of something that is mentioned too deeply
MAX_TRANSLATED = (
    1_000_000  # characters read while translating: IPython reads a cell once for each of its magics
)
MAX_NESTED_MAGICS = 4  # `%%capture` around `%%time`, say

# The call of a magic that runs the code in its last argument, or writes it to a module, as IPython translates it.
RUNS_CODE = r"'(?:capture|memit|prun|time|timeit)'|'(?:file|writefile)', '[^'\n]*\.py'"
WITH_CODE = re.compile(rf"get_ipython\(\)\.run_(?:line|cell)_magic\((?:{RUNS_CODE}), (.*)\)$", re.MULTILINE)
OPTIONS = re.compile(r"(?:--?[A-Za-z][\w-]*(?:[ =]\d+)?\s+)*")  # `-o -n 10 ` in `%timeit -o -n 10 f(x)`


def parse_cell(cell: str) -> ast.Module | None:
    """Parse a code cell; None if it is not Python, even with IPython's additions, or exceeds the limits.

    What is nested more deeply than anybody writes, such as the far end of a sum of 500 terms, becomes `TooDeep`.
    """
    tree = None if _is_long(cell) else _parse(cell)
    if not tree and (source := python_source(cell)):
        tree = _parse(source)
    if tree:
        _cut(tree)
    return tree


class TooDeep(ast.Tuple):
    """Stands for code that is too deeply nested to be read, with the names that it mentions."""


def python_source(cell: str) -> str | None:
    """Translate a code cell to Python; None if that is impossible, or the cell exceeds the limits."""
    if _is_long(cell):
        return None
    return cell if _parse(cell) else _translated(cell, MAX_NESTED_MAGICS)


def too_large(source: str) -> bool:
    """Whether code is too long or too deeply nested for the parser. The tokenizer can tell without recursion."""
    if _is_long(source):
        return True
    brackets = blocks = width = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            brackets += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
            blocks += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            width = 0 if token.type == tokenize.NEWLINE else width + 1
            if brackets > MAX_DEPTH or blocks > MAX_DEPTH or width > MAX_TOKENS:
                return True
    except (tokenize.TokenError, SyntaxError):
        return True
    return False


def _is_long(source: str) -> bool:
    """Whether code is too long to be read, or has a line that is."""
    return len(source) > MAX_CHARACTERS or any(_is_slow(line) for line in source.split("\n"))


def _is_slow(line: str) -> bool:
    """Whether a line could take quadratic time: a long one with backslashes, or with a question mark at its end."""
    return len(line) > MAX_LINE and ("\\" in line or line.rstrip().endswith("?"))


def _parse(source: str) -> ast.Module | None:
    if too_large(source):
        return None
    try:
        with warnings.catch_warnings():
            # A warning about an escape sequence would print the student's line.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _cut(tree: ast.Module) -> None:
    """Replace what lies more than `MAX_TREE` levels deep in a tree; found without recursion."""
    level: list[ast.AST] = [tree]
    for _ in range(MAX_TREE):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    while level:
        below: list[ast.AST] = []
        for node in level:
            for field, value in ast.iter_fields(node):
                parts = value if isinstance(value, list) else [value]
                cut = [_replacement(part) or part for part in parts]
                setattr(node, field, cut if isinstance(value, list) else cut[0])
                below += [one for part, one in zip(parts, cut) if part is one and isinstance(one, ast.AST)]
        level = below


def _replacement(part: object) -> ast.AST | None:
    """Return what takes the place of an expression or a statement; None for any other part, and for a leaf."""
    if not isinstance(part, (ast.expr, ast.stmt)) or isinstance(part, (ast.Constant, ast.Name, ast.Pass)):
        return None
    named = [node for node in ast.walk(part) if isinstance(node, ast.expr) and _is_name(node)]
    too_deep = ast.copy_location(TooDeep(named, ast.Load()), part)
    return too_deep if isinstance(part, ast.expr) else ast.copy_location(ast.Expr(too_deep), part)


def _is_name(node: ast.expr) -> bool:
    """Whether this is a name, or the attribute of one, such as `scipy.special.logsumexp`."""
    for _ in range(MAX_ATTRIBUTES):
        if not isinstance(node, ast.Attribute):
            break
        node = node.value
    return isinstance(node, ast.Name)


def _translated(cell: str, depth: int) -> str | None:
    """Translate a cell that is not Python as it is."""
    try:
        source = _without_ipython_syntax(cell)
    except Exception:  # IPython raises many kinds of errors for code that it cannot translate
        return None
    source = WITH_CODE.sub(lambda call: _code_in(call, depth), source)
    return source if _parse(source) else None


def _without_ipython_syntax(cell: str) -> str:
    """Return a cell as IPython would compile it. Raises what IPython raises, and ValueError for too many magics."""
    # Imported late: it takes a fifth of a second, and most cells do without it.
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager()  # type: ignore[no-untyped-call]
    lines = f"{cell}\n".splitlines(keepends=True)
    for transform in manager.cleanup_transforms + manager.line_transforms:
        lines = transform(lines)
    for _ in range(MAX_TRANSLATED // (len(cell) + 1)):
        changed, lines = manager.do_one_token_transform(lines)
        if not changed:
            return "".join(lines)
    raise ValueError("too many magics for the size of the cell")


def _code_in(call: re.Match[str], depth: int) -> str:
    """Return the code that a magic runs; the call itself if it runs no Python.

    That keeps the rest of a cell readable: `if False: %time )(` would hide it.
    """
    arguments = _parse(f"[{call[1]}]")
    code = _last_text(arguments) if arguments else None
    if code is None:
        return call[0]
    if "\n" not in code:
        code = OPTIONS.sub("", code, count=1)
    at_start = call.start() == 0 or call.string[call.start() - 1] == "\n"
    if not _parse(code):
        code = _translated(code, depth - 1) if depth and at_start else None
    return code if code and (at_start or "\n" not in code.strip()) else call[0]


def _last_text(arguments: ast.Module) -> str | None:
    """Return the last of a list of literals if it is a text."""
    match arguments.body:
        case [ast.Expr(ast.List([*_, ast.Constant(str(text))]))]:
            return text
    return None
