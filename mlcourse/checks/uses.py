"""What an answer uses: found by reading the cells of a notebook, never by running them.

`Reader(cells).uses("e_step")` follows the answer into the functions and classes of the notebook that it mentions, and
returns what it uses of packages, by full name: `s.special.entr` after `import scipy as s` is scipy.special.entr.
Imports in every form count, aliases, attributes, `getattr` and `import_module` with a literal, tables of functions,
and partial functions. Importing something is no use of it; neither is an annotation.

Code can hide what it uses from any reader. What is found is there; what is not found may be there all the same.
"""

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from importlib.metadata import packages_distributions
from typing import NamedTuple, TypeAlias

from mlcourse.checks.cell_code import TooDeep, parse_cell

MAX_READ = 1_000_000  # characters of all cells
MAX_STEPS = 60  # from a name to what it stands for
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCH = (ast.If, ast.Try, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match)
WRITES_MODULE = re.compile(  # a cell magic is one only at the start of its cell
    r"(?:[ \t]*\n)*(?:%%(?:capture|time)[^\n]*\n){0,4}%%(?:write)?file[ \t]+(?:-a[ \t]+)?(\w+)\.py[ \t]*\n"
)

# What can hide a use, by full names.
WAYS_AROUND = {
    "runs text as code": (
        "builtins.eval",
        "builtins.exec",
        "builtins.compile",
        "types.FunctionType",
        "runpy",
    ),
    "looks up names as it runs": ("builtins.getattr()", "builtins.globals", "sys.modules"),
    "imports as it runs": ("builtins.__import__", "importlib"),
}
ANY_WAY_AROUND = {name for names in WAYS_AROUND.values() for name in names}
MAX_BINDINGS = 50  # of one name, of which any may count
MAX_TARGETS = 50  # that one expression may stand for; with more, nothing is known about it


class Uses(NamedTuple):
    """Full names of what an answer uses."""

    certain: frozenset[str] = frozenset()  # whatever happens when the notebook runs
    possible: frozenset[str] = frozenset()  # all that it may mean, such as both branches of an `if`


# ── What a name stands for ───────────────────────────────────────────────────────────────────────────


class Named(NamedTuple):
    """Something of a package, or a package."""

    name: str


class Defined(NamedTuple):
    """A function or a class of the notebook."""

    node: ast.AST
    scope: "Scope"


class Value(NamedTuple):
    """The value of an expression."""

    node: ast.expr
    scope: "Scope"


class Opaque(NamedTuple):
    """Something that nothing is known about, such as a parameter."""


OPAQUE = Opaque()
LOADED = Named("sys.modules")
IMPORTING = {Named("importlib.import_module"), Named("builtins.__import__")}
GETATTR = Named("builtins.getattr")
COMPUTED = Named("builtins.getattr()")  # with a name that is computed
UNREAD = Named("builtins.(too deep)")  # what an answer "uses" if a part of it is too deeply nested to be read
NAMESPACES = {Named(f"builtins.{name}()") for name in ("globals", "vars", "locals")}
Binding: TypeAlias = Named | Defined | Value | Opaque
Target: TypeAlias = Named | Defined


class Scope:
    """The names of a module, a function or a class."""

    def __init__(self, parent: "Scope | None" = None):
        self.parent = parent
        self.names: dict[str, list[Binding]] = {}
        self.first: dict[
            str, Binding
        ] = {}  # what each name stood for at first, in a module of the notebook's own
        self.stars: list[str] = []  # modules whose names are all imported
        self.outer: set[str] = set()  # names that are declared global

    @property
    def module(self) -> "Scope":
        return self.parent.module if self.parent else self

    def lookup(self, name: str) -> list[Binding]:
        """Return what a name may stand for; what is bound in none of the scopes is built in, or unknown."""
        if name in self.names:
            return self.names[name]
        if self.parent:
            return self.parent.lookup(name)
        found: list[Binding] = [Named(f"{module}.{name}") for module in self.stars]
        return found or ([Named(f"builtins.{name}")] if hasattr(builtins, name) else [])

    def bind(self, name: str, binding: Binding, sure: bool = True) -> None:
        """Bind a name. If it is not sure to happen, the name may also keep what it stood for."""
        scope = self.module if name in self.outer else self
        sure = sure and scope is self and not (isinstance(binding, Value) and _mentions(binding.node, name))
        # The first and the last ones: a hostile text may bind a name a hundred thousand times.
        scope.first.setdefault(name, binding)
        before = scope.names.get(name, [])
        scope.names[name] = [binding] if sure else [*before[:1], *before[1:][-MAX_BINDINGS:], binding]


def _mentions(node: ast.AST, name: str) -> bool:
    return name in _names_in(node)


@lru_cache(maxsize=1)  # the targets of `a = b = … = value` come one after the other
def _names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


class Binder:
    """Bind the names that a list of statements binds.

    Parameters
    ----------
    scope : Scope
    own : set of str
        Modules whose code is among the cells.
    """

    def __init__(self, scope: Scope, own: frozenset[str]):
        self.scope, self.own = scope, own

    def read(self, statements: Iterable[ast.stmt], sure: bool = True) -> None:
        for statement in statements:
            self._statement(statement, sure)
            for part in _expressions(statement):
                if isinstance(part, ast.NamedExpr):
                    self._assign(part.target, part.value, sure)

    def _statement(self, node: ast.stmt, sure: bool) -> None:
        match node:
            case ast.Import():
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.scope.bind(alias.asname or name, Named(name), sure)
            case ast.ImportFrom():
                self._import_from(node, sure)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.scope.bind(node.name, Defined(node, self.scope), sure)
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value, sure)
            case ast.AnnAssign(value=ast.expr() as value):
                self._assign(node.target, value, sure)
            case ast.AugAssign():
                self._assign(node.target, node.value, False)
            case ast.Global():
                self.scope.outer.update(node.names)
            case ast.Expr(ast.Call(ast.Name("exec"), [ast.Constant(str(code)), *_])):
                tree = parse_cell(code)
                self.read(tree.body if tree else [], sure)
            case _ if isinstance(node, BRANCH):
                self._branch(node)

    def _import_from(self, node: ast.ImportFrom, sure: bool) -> None:
        module = node.module or ""
        is_own = module in self.own or node.level > 0
        for alias in node.names:
            full = f"{module}.{alias.name}".lstrip(".")
            if is_own and full not in self.own and alias.asname in (None, alias.name):
                continue  # it is bound by its own code
            if alias.name == "*":
                self.scope.stars.append(module)
            else:
                self.scope.bind(alias.asname or alias.name, Named(full), sure)

    def _branch(self, node: ast.stmt) -> None:
        """Bind what a statement with inner statements may bind."""
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self._assign(node.target, None, False)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars:
                    self._assign(item.optional_vars, item.context_expr, False)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.stmt):
                self.read([part], sure=False)
            elif isinstance(part, (ast.ExceptHandler, ast.match_case)):
                self.read(part.body, sure=False)

    def _assign(self, target: ast.expr, value: ast.expr | None, sure: bool) -> None:
        match target, value:
            case ast.Name(), _:
                self.scope.bind(target.id, Value(value, self.scope) if value else OPAQUE, sure)
            case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())) if len(target.elts) == len(
                value.elts
            ):
                for one, its_value in zip(target.elts, value.elts):
                    self._assign(one, its_value, sure)
            case ((ast.Tuple() | ast.List()), _):
                for one in target.elts:
                    self._assign(one, value, sure)
            case ast.Starred(), _:
                self._assign(target.value, value, sure)


def _as_many_as_can_be_read(cells: Iterable[str]) -> Iterator[str]:
    """Return the cells, without the first ones if all of them are too much to read."""
    left, kept = MAX_READ, list[str]()
    for cell in reversed(list(cells)):
        left -= len(cell)
        if left >= 0:
            kept.append(cell)
    return reversed(kept)


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are evaluated with it, and not in a scope or a statement of their own."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        for part in ast.iter_child_nodes(waiting.pop()):
            if not isinstance(part, (ast.stmt, *FUNCTION)):
                yield part
                waiting.append(part)


# ── What an answer uses ──────────────────────────────────────────────────────────────────────────────


class Reader:
    """Reads the code cells of a notebook.

    Parameters
    ----------
    cells : iterable of str
        In the order in which they ran.
    own : iterable of str
        Names of modules whose code is among the cells.
    parse : callable
        `parse_cell`, or the same with a memory.
    """

    def __init__(
        self,
        cells: Iterable[str],
        own: Iterable[str] = (),
        parse: Callable[[str], ast.Module | None] = parse_cell,
    ):
        cells = list(cells)
        written = {found[1] for cell in cells if (found := WRITES_MODULE.match(cell))}
        # A file that is called like an installed package takes nothing's place: that package is imported by then.
        self.own = frozenset(name for name in {*own, *written} if name.partition(".")[0] not in installed())
        self.module = Scope()
        self._targets: dict[int, set[Target]] = {}
        self._scopes: dict[int, Scope] = {}
        self.trees = [tree for cell in _as_many_as_can_be_read(cells) if (tree := parse(cell))]
        for tree in self.trees:
            Binder(self.module, self.own).read(tree.body)

    def uses(self, name: str) -> Uses:
        """Return what the answer of this name uses."""
        found: dict[bool, set[str]] = {True: set(), False: set()}
        bindings = self.module.lookup(name)
        waiting: list[tuple[Binding, bool]] = [(one, len(bindings) == 1) for one in bindings]
        seen: set[tuple[int, bool]] = set()
        while waiting:
            binding, certain = waiting.pop()
            match binding:
                case Named():
                    found[certain].add(without_methods(binding.name))
                case Defined() | Value():
                    if (id(binding.node), certain) not in seen:
                        seen.add((id(binding.node), certain))
                        waiting += self._mentioned(binding, certain)
        return Uses(frozenset(found[True]), frozenset(found[True] | found[False]))

    def _mentioned(self, binding: Defined | Value, certain: bool) -> Iterator[tuple[Binding, bool]]:
        """Yield what a function, a class or an expression mentions, and whether it is sure to mean that."""
        if isinstance(binding, Value):
            pairs: Iterable[tuple[ast.AST, Scope]] = [(binding.node, binding.scope)]
        else:
            pairs = self._inner(binding.node, binding.scope)
        for node, scope in pairs:
            for targets in self._read(node, scope):
                yield from ((target, certain and len(targets) == 1) for target in targets)

    def _read(self, node: ast.AST, scope: Scope) -> Iterator[set[Target]]:
        """Yield what each of the names in some code stands for."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, TooDeep):
            yield {UNREAD}
        if isinstance(node, (*FUNCTION, ast.ClassDef, *COMPREHENSION)):
            for part, inner in self._inner(node, scope):
                yield from self._read(part, inner)
            return
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            targets = self._resolve(node, scope, MAX_STEPS)
            if targets:
                yield targets
            if self._computes_a_name(node, scope):
                yield {COMPUTED}
            if (
                isinstance(node, ast.Attribute)
                and targets
                and isinstance(node.value, (ast.Name, ast.Attribute))
            ):
                return  # the whole chain is one name
        for field, part in ast.iter_fields(node):
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, ast.AST) and field != "annotation":
                    yield from self._read(one, scope)

    def _computes_a_name(self, node: ast.AST, scope: Scope) -> bool:
        """Whether this is `getattr` with a name that is not written out."""
        match node:
            case ast.Call(function, args):
                written = len(args) > 1 and isinstance(args[1], ast.Constant)
                return not written and GETATTR in self._resolve(function, scope, MAX_STEPS)
        return False

    def _inner(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        """Yield the parts of a function, class or comprehension, each with the scope that it is evaluated in."""
        inner = self._scopes.get(id(node)) or self._new_scope(node, scope)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                outside = [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
                body = [node.body] if isinstance(node, ast.Lambda) else node.body
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                yield from ((part, scope) for part in [*outside, *decorators])
                yield from ((part, inner) for part in body)
            case ast.ClassDef():
                yield from ((part, scope) for part in [*node.bases, *node.keywords, *node.decorator_list])
                for part in node.body:
                    yield part, scope if isinstance(part, FUNCTION) else inner
            case _:
                yield from ((part, inner) for part in ast.iter_child_nodes(node))

    def _new_scope(self, node: ast.AST, parent: Scope) -> Scope:
        """Return the scope inside a function, class or comprehension."""
        scope = self._scopes[id(node)] = Scope(parent)
        if isinstance(node, FUNCTION):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for arg in [*every, node.args.vararg, node.args.kwarg]:
                if arg:
                    scope.bind(arg.arg, OPAQUE)
        if isinstance(node, COMPREHENSION):
            for generator in node.generators:
                for part in ast.walk(generator.target):
                    if isinstance(part, ast.Name):
                        scope.bind(part.id, OPAQUE)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            Binder(scope, self.own).read(node.body)
        return scope

    def imports(self) -> set[str]:
        """Return the full names of what the cells import, in any form: a.b for `import a.b` and `from a import b`."""
        return {name for tree in self.trees for node in ast.walk(tree) for name in self._imported(node)}

    def _imported(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, 0):
                yield from (f"{module}.{alias.name}".removesuffix(".*") for alias in names)
            case ast.Call(function, [ast.Constant(str(name)), *_]):
                if IMPORTING & self._resolve(function, self.module, MAX_STEPS):
                    yield name
            case ast.Subscript(table, ast.Constant(str(name))):
                if LOADED in self._resolve(table, self.module, MAX_STEPS):
                    yield name

    # ── from an expression to what it stands for ──

    def _resolve(self, node: ast.expr, scope: Scope, steps: int) -> set[Target]:
        """Return what an expression may stand for; nothing if that is not known."""
        if id(node) not in self._targets:
            self._targets[id(node)] = set()  # while it is being found out: a name may stand for itself
            found = set(self._standing_for(node, scope, steps - 1)) if steps else set()
            targets = {target for one in found for target in self._from_own_module(one, steps)}
            self._targets[id(node)] = targets if len(targets) <= MAX_TARGETS else set()
        return self._targets[id(node)]

    def _from_own_module(self, target: Target, steps: int) -> set[Target]:
        """Return what a name of one of the notebook's own modules stands for; any other target as it is."""
        if (
            not isinstance(target, Named)
            or target.name in self.own
            or target.name.partition(".")[0] not in self.own
        ):
            return {target}
        name = target.name.rpartition(".")[2]
        first = [self.module.first[name]] if name in self.module.first else []
        return self._bound([*self.module.lookup(name), *first], steps - 1) if steps else set()

    def _bound(self, bindings: Iterable[Binding], steps: int) -> set[Target]:
        found: set[Target] = set()
        for binding in bindings:
            if isinstance(binding, Value):
                found |= self._resolve(binding.node, binding.scope, steps)
            elif not isinstance(binding, Opaque):
                found.add(binding)
        return found

    def _standing_for(self, node: ast.expr, scope: Scope, steps: int) -> Iterator[Target]:
        match node:
            case ast.Name():
                yield from self._bound(scope.lookup(node.id), steps)
            case ast.Attribute():
                for target in self._resolve(node.value, scope, steps):
                    yield from self._attribute(target, node.attr, steps)
            case ast.Lambda():
                yield Defined(node, scope)
            case ast.Subscript(value, ast.Constant(str(key))):
                yield from self._item(value, key, scope, steps)
            case ast.Subscript() | ast.NamedExpr() | ast.Starred() | ast.Await():
                yield from self._resolve(node.value, scope, steps)
            case ast.IfExp():
                for part in (node.body, node.orelse):
                    yield from self._resolve(part, scope, steps)
            case (
                ast.BoolOp(values=parts)
                | ast.Tuple(parts)
                | ast.List(parts)
                | ast.Set(parts)
                | ast.Dict(values=parts)
            ):
                for part in parts:
                    yield from self._resolve(part, scope, steps)
            case ast.Call():
                yield from self._result(node, scope, steps)

    def _attribute(self, target: Target, name: str, steps: int) -> Iterable[Target]:
        """What an attribute stands for: that of a class of the notebook may be something that the class imports."""
        if isinstance(target, Named):
            return [Named(f"{target.name}.{name}")]
        inner = self._scopes.get(id(target.node)) or self._new_scope(target.node, target.scope)
        bound = inner.names.get(name, []) if isinstance(target.node, ast.ClassDef) else []
        return self._bound([one for one in bound if isinstance(one, Named)], steps) or [target]

    def _item(self, value: ast.expr, key: str, scope: Scope, steps: int) -> Iterator[Target]:
        """What `value["key"]` stands for."""
        targets = self._resolve(value, scope, steps)
        if LOADED in targets:
            yield Named(key)
        elif NAMESPACES & targets:
            yield from self._bound(scope.lookup(key), steps)
        else:
            yield from targets

    def _result(self, call: ast.Call, scope: Scope, steps: int) -> Iterator[Target]:
        """What a call returns, as far as that can be known."""
        for target in self._resolve(call.func, scope, steps):
            match target, call.args:
                case Defined(), _:
                    yield target  # what comes out of it depends on it
                case Named("builtins.getattr"), [owner, ast.Constant(str(name)), *_]:
                    for one in self._resolve(owner, scope, steps):
                        yield Named(f"{one.name}.{name}") if isinstance(one, Named) else one
                case Named("importlib.import_module"), [ast.Constant(str(name)), *_]:
                    yield Named(name)
                case Named("builtins.__import__"), [ast.Constant(str(name)), *others]:
                    yield Named(name if others or call.keywords else name.partition(".")[0])
                case Named("functools.partial"), [function, *_]:
                    yield from self._resolve(function, scope, steps)
                case Named("builtins.globals" | "builtins.vars" | "builtins.locals"), []:
                    yield Named(f"{target.name}()")
                case Named("builtins.getattr"), _:
                    yield COMPUTED
                case Named(name), _ if any(within(name, one) for one in ANY_WAY_AROUND):
                    yield target  # nobody knows what comes out of it
                case Named(name), _ if without_methods(name) != name or is_class(name):
                    yield Named(without_methods(name))  # an instance


@cache
def installed() -> frozenset[str]:
    """Return the names of the packages that are installed."""
    return frozenset({*packages_distributions(), __name__.partition(".")[0]})


def is_class(name: str) -> bool:
    """Whether a full name looks like that of a class."""
    return name.rpartition(".")[2][:1].isupper()


def without_methods(name: str) -> str:
    """Cut off what comes after a class: `sklearn.mixture.GaussianMixture.fit` is a use of the class."""
    parts = name.split(".")
    classes = [position for position, part in enumerate(parts) if position and part[:1].isupper()]
    return ".".join(parts[: classes[0] + 1]) if classes else name


def ways_around(uses: Iterable[str]) -> dict[str, list[str]]:
    """Return what an answer does that can hide a use from any reader, and the functions with which it does so."""
    uses = list(uses)
    found = {
        what: [one.removeprefix("builtins.") for one in names if any(within(use, one) for use in uses)]
        for what, names in WAYS_AROUND.items()
    }
    return {what: names for what, names in found.items() if names}


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────


def same_thing(one: str, other: str) -> bool:
    """Whether two full names mean the same: a package may have it in several places, such as its own modules."""
    return (
        one.partition(".")[0] == other.partition(".")[0]
        and one.rpartition(".")[2] == other.rpartition(".")[2]
    )


def within(name: str, package: str) -> bool:
    """Whether a full name is that of a package, or of something in it."""
    return f"{name}.".startswith(f"{package}.")


def forbidden_use(forbids: Iterable[str], uses: Iterable[str]) -> str | None:
    """Return the first of the names in use that a task forbids, if there is one."""
    forbids = tuple(forbids)
    return next(
        (use for use in sorted(uses) if any(within(use, one) or same_thing(use, one) for one in forbids)),
        None,
    )
