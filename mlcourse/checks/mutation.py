"""Small changes that a tired student might make, applied to the source of a function.

`mutants` yields every function that differs from a given one by a single slip. `python course.py mutants` runs those
of the solutions through the checks, which should refuse nearly all of them; `mlcourse.checks.slips` compares a wrong
answer with the mutants of the right one, to say what kind of slip it may be.

Each rule maps a node of the syntax tree to the kinds of slip that can happen there, with the node that replaces it.
"""

import ast
import copy
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeGuard

Change = tuple[str, ast.AST]  # kind of slip, new node


class Mutant(NamedTuple):
    """A function with one slip."""

    kind: str
    function: ast.FunctionDef
    line: int  # in the source of the function, counted from 1
    before: str  # the code that was replaced, and what stands there now
    after: str


class Scope(NamedTuple):
    """What a rule may need to know about the function around a node."""

    parameters: tuple[str, ...]
    variables: frozenset[str]  # parameters and local names


def mutants(function: ast.FunctionDef) -> Iterator[Mutant]:
    """Yield every mutant of a function, in the order of its source."""
    parameters = tuple(argument.arg for argument in function.args.args)
    stored = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    scope = Scope(parameters, frozenset({*parameters, *stored}))
    exponents = {id(node.right) for node in ast.walk(function) if is_power(node)}
    seen = {ast.dump(function)}
    for number, node in enumerate(ast.walk(function)):
        if node is function or is_docstring(node, function):
            continue
        for rule in RULES:
            if rule is other_number and id(node) in exponents:
                continue  # a missing power is a slip of its own
            for kind, new in rule(node, scope):
                mutant = replaced(function, number, new)
                if mutant is None or (dumped := ast.dump(mutant)) in seen:
                    continue
                seen.add(dumped)
                line = getattr(node, "lineno", function.lineno) - function.lineno + 1
                yield Mutant(
                    kind, mutant, line, ast.unparse(node), ast.unparse(ast.fix_missing_locations(new))
                )
    for name in parameters:
        for mutant in without_parameter(function, name):
            yield Mutant("parameter ignored", mutant, 1, name, "a constant")


def is_power(node: ast.AST) -> TypeGuard[ast.BinOp]:
    """Whether a node raises something to a power."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)


def is_docstring(node: ast.AST, function: ast.FunctionDef) -> bool:
    """Whether a node belongs to the function's docstring."""
    first = function.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return False
    return node is first or node is first.value


def replaced(function: ast.FunctionDef, number: int, new: ast.AST) -> ast.FunctionDef | None:
    """Return a copy of the function in which the node with this number is another; None if it cannot be."""
    twin = copy.deepcopy(function)
    target = next(node for position, node in enumerate(ast.walk(twin)) if position == number)
    for parent in ast.walk(twin):
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, copy.deepcopy(new))
                return ast.fix_missing_locations(twin)
            if isinstance(value, list):
                for position, item in enumerate(value):
                    if item is target:
                        value[position] = copy.deepcopy(new)
                        return ast.fix_missing_locations(twin)
    return None


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────────

AGGREGATES = {"sum": ("mean", "max"), "mean": ("sum", "median"), "max": ("min", "sum"), "min": ("max",)}
AGGREGATES |= {"median": ("mean",), "average": ("sum",), "prod": ("sum",)}
EXTREMES = {"argmax": "argmin", "argmin": "argmax", "nanargmax": "nanargmin", "nanargmin": "nanargmax"}
EXTREMES |= {"maximum": "minimum", "minimum": "maximum"}
DROPPED = {
    "sqrt": "root missing",
    "square": "square missing",
    "log": "logarithm missing",
    "exp": "exponential missing",
    "abs": "absolute value missing",
    "cumsum": "running sum missing",
    "argsort": "sorting missing",
    "sort": "sorting missing",
    "sorted": "sorting missing",
    "flip": "order reversed",
}
SIMILAR = {  # (kind, other names): functions that are easily taken for one another
    "log": ("other logarithm", ("log2", "log10", "log1p")),
    "std": ("standard deviation for variance", ("var",)),
    "var": ("variance for standard deviation", ("std",)),
    "floor": ("rounding", ("ceil",)),
    "ceil": ("rounding", ("floor",)),
}
TIMES = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
DIRECTION = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


def other_aggregate(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Exchange sum, mean, median, maximum and minimum, or the places of the largest and smallest."""
    name = called_name(node)
    for other in AGGREGATES.get(name, ()):
        yield "other aggregate", renamed_call(node, other)
    if name in EXTREMES:
        yield "largest for smallest", renamed_call(node, EXTREMES[name])


def similar_function(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Exchange functions that are easily taken for one another."""
    kind, others = SIMILAR.get(called_name(node), ("", ()))
    for other in others:
        yield kind, renamed_call(node, other)


def function_missing(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Leave out a root, a logarithm, an exponential, an absolute value."""
    name = called_name(node)
    if isinstance(node, ast.Call) and DROPPED.get(name):
        inner = node.args[0] if node.args else receiver(node)
        if inner is not None:
            yield DROPPED[name], inner


def other_axis(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Use another axis, or none; keep or drop the dimension."""
    if not isinstance(node, ast.Call):
        return
    for position, keyword in enumerate(node.keywords):
        if keyword.arg == "axis" and isinstance(constant := number_of(keyword.value), int):
            others = {0: (1, -1), 1: (0,), -1: (0,), 2: (1,)}.get(constant, (0,))
            for other in others:
                yield "axis", with_keyword(node, position, ast.Constant(other))
            yield "axis", with_keyword(node, position, None)
        if keyword.arg == "keepdims":
            yield "dimension dropped", with_keyword(node, position, None)
        if keyword.arg == "ddof":
            yield "degrees of freedom", with_keyword(node, position, None)
    if called_name(node) in ("std", "var", "cov") and not any(
        keyword.arg == "ddof" for keyword in node.keywords
    ):
        twin = copy.deepcopy(node)
        twin.keywords.append(ast.keyword("ddof", ast.Constant(1 if called_name(node) != "cov" else 0)))
        yield "degrees of freedom", twin


def other_operator(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Exchange plus and minus, times and divided by; leave out a term, a factor, a divisor, a power."""
    if not isinstance(node, ast.BinOp):
        return
    left, right = node.left, node.right
    for other in TIMES.get(type(node.op), ()):
        kind = "sign" if isinstance(node.op, (ast.Add, ast.Sub)) else "times for divided by"
        yield kind, ast.BinOp(left, other(), right)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        off_by_one = isinstance(number_of(right), int) and abs(number_of(right) or 0) == 1
        yield ("one off" if off_by_one else "term missing"), left
        if not off_by_one:
            yield "term missing", right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), right)
        if isinstance(node.op, ast.Sub):
            yield "sign", ast.BinOp(right, ast.Sub(), left)
    if isinstance(node.op, ast.Mult):
        yield "factor missing", left
        yield "factor missing", right
    if isinstance(node.op, ast.Div):
        yield "divisor missing", left
        yield "upside down", ast.BinOp(right, ast.Div(), left)
    if isinstance(node.op, ast.MatMult):
        yield "factors exchanged", ast.BinOp(right, ast.MatMult(), left)
    if isinstance(node.op, ast.Pow):
        if number_of(right) == 2:
            yield "square missing", left
        elif number_of(right) == 0.5:
            yield "root missing", left
        else:
            yield "power missing", left


def other_sign(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Leave out a minus or a `not`."""
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub) and number_of(node) is None:
            yield "sign", node.operand
        if isinstance(node.op, (ast.Not, ast.Invert)):
            yield "negation missing", node.operand


def other_comparison(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Include or exclude the boundary; turn the comparison around."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op = type(node.ops[0])
        if op in BOUNDARY:
            yield "boundary", ast.Compare(node.left, [BOUNDARY[op]()], node.comparators)
        if op in DIRECTION:
            yield "comparison turned around", ast.Compare(node.left, [DIRECTION[op]()], node.comparators)
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and for or", ast.BoolOp(other, node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        bit: ast.operator = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield "and for or", ast.BinOp(node.left, bit, node.right)


def one_off(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Start or stop one too early or too late; count one more or less."""
    if isinstance(node, ast.Call) and called_name(node) in ("range", "arange", "linspace"):
        for position in range(min(len(node.args), 2)):
            for step in (ast.Add(), ast.Sub()):
                twin = copy.deepcopy(node)
                twin.args[position] = ast.BinOp(node.args[position], step, ast.Constant(1))
                yield "one off", twin
    if isinstance(node, ast.Call) and called_name(node) == "len":
        yield "one off", ast.BinOp(node, ast.Sub(), ast.Constant(1))
    if isinstance(node, ast.Slice) and node.step is not None:
        yield "order reversed", ast.Slice(node.lower, node.upper, None)
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper"):
            bound = getattr(node, field)
            if bound is not None:
                twin_slice = copy.deepcopy(node)
                setattr(twin_slice, field, ast.BinOp(bound, ast.Add(), ast.Constant(1)))
                yield "one off", twin_slice
                twin_slice = copy.deepcopy(node)
                setattr(twin_slice, field, None)
                yield "slice missing", twin_slice


def other_number(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Write another number: a half for a one, two for one."""
    value = number_of(node)
    if isinstance(node, ast.Constant) and value is not None and not isinstance(node.value, bool):
        if isinstance(value, float):
            yield "wrong constant", ast.Constant(value * 2)
            yield "wrong constant", ast.Constant(value / 2 if value else 1.0)
        elif value in (0, 1, 2):
            yield "wrong constant", ast.Constant({0: 1, 1: 2, 2: 1}[value])
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "wrong constant", ast.Constant(not node.value)


def transposed(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Leave out a transpose."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", node.value
    if isinstance(node, ast.Call) and called_name(node) in ("transpose", "swapaxes"):
        inner = (
            node.args[0]
            if isinstance(node.func, ast.Attribute) and is_module(node.func.value)
            else receiver(node)
        )
        if inner is not None:
            yield "transpose", inner


def exchanged(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Exchange two arguments, two results, two branches."""
    if (
        isinstance(node, ast.Call)
        and len(node.args) >= 2
        and not any(isinstance(a, ast.Starred) for a in node.args)
    ):
        twin = copy.deepcopy(node)
        twin.args[0], twin.args[1] = twin.args[1], twin.args[0]
        yield "arguments exchanged", twin
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        for first in range(len(node.value.elts) - 1):
            back = copy.deepcopy(node)
            assert isinstance(back.value, ast.Tuple)
            elements = back.value.elts
            elements[first], elements[first + 1] = elements[first + 1], elements[first]
            yield "results exchanged", back
    if isinstance(node, ast.IfExp):
        yield "comparison turned around", ast.IfExp(node.test, node.orelse, node.body)


def other_variable(node: ast.AST, scope: Scope) -> Iterator[Change]:
    """Use another variable of the function."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.variables:
        for other in sorted(scope.variables - {node.id}):
            yield "other variable", ast.Name(other, ast.Load())


def statement_missing(node: ast.AST, _: Scope) -> Iterator[Change]:
    """Leave out an update; stop a loop after its first round."""
    if isinstance(node, ast.AugAssign):
        yield "step missing", ast.Pass()
        yield "update replaces", ast.Assign([as_target(node.target)], node.value)
    if isinstance(node, ast.For):
        twin = copy.deepcopy(node)
        twin.body.append(ast.Break())
        yield "loop stops early", twin
    if isinstance(node, ast.If) and not node.orelse:
        yield "condition missing", ast.If(ast.Constant(True), node.body, [])
        yield "case missing", ast.Pass()


RULES: tuple[Callable[[ast.AST, Scope], Iterator[Change]], ...] = (
    other_aggregate,
    similar_function,
    function_missing,
    other_axis,
    other_operator,
    other_sign,
    other_comparison,
    one_off,
    other_number,
    transposed,
    exchanged,
    other_variable,
    statement_missing,
)


def without_parameter(function: ast.FunctionDef, name: str) -> Iterator[ast.FunctionDef]:
    """Yield the function with a constant in place of every use of a parameter."""
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    if not uses or any(isinstance(node.ctx, ast.Store) for node in uses):
        return
    for value in (ast.Constant(1), ast.Constant(0)):
        twin = copy.deepcopy(function)
        yield ast.fix_missing_locations(_Constant(name, value).visit(twin))


class _Constant(ast.NodeTransformer):
    """Puts a constant in place of a name."""

    def __init__(self, name: str, value: ast.expr):
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.value) if node.id == self.name else node


# ── Reading the tree ─────────────────────────────────────────────────────────────────────────────────


def called_name(node: ast.AST) -> str:
    """The last part of the name of a called function: "sum" for np.sum(x), x.sum() and sum(x)."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def renamed_call(node: ast.AST, name: str) -> ast.Call:
    """The same call of another function of the same family."""
    twin = copy.deepcopy(node)
    assert isinstance(twin, ast.Call)
    if isinstance(twin.func, ast.Attribute):
        twin.func.attr = name
    elif name in ("mean", "median", "log2", "log10", "std", "var"):  # not builtins
        twin.func = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
    else:
        twin.func = ast.Name(name, ast.Load())
    return twin


def receiver(node: ast.Call) -> ast.expr | None:
    """What a method is called on: x for x.sum(); None for a function of a module."""
    if isinstance(node.func, ast.Attribute) and not is_module(node.func.value):
        return node.func.value
    return None


def is_module(node: ast.expr) -> bool:
    """Whether an expression is a module such as np or np.linalg."""
    return ast.unparse(node).split(".")[0] in ("np", "scipy", "math")


def number_of(node: ast.AST) -> int | float | None:
    """The number that a constant stands for, with its sign; None for anything else."""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    ):
        return node.value if math.isfinite(node.value) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number_of(node.operand)
        return None if inner is None else -inner
    return None


def with_keyword(node: ast.Call, position: int, value: ast.expr | None) -> ast.Call:
    """The same call with another value for a keyword, or without it."""
    twin = copy.deepcopy(node)
    if value is None:
        del twin.keywords[position]
    else:
        twin.keywords[position].value = value
    return twin


def as_target(node: ast.expr) -> ast.expr:
    """The node as the target of an assignment."""
    return copy.deepcopy(node)
