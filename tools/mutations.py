"""Every small change of a module that a test of it should notice.

A mutation is one edit of the syntax tree: an operator, a comparison, a
constant, a condition, a returned value, a member of an enumeration, an
argument, a term of a set, a case, a statement. Left alone are annotations,
decorators, class keywords, docstrings and sentences (strings with a space).
"""

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Mutation(NamedTuple):
    """One edit: where, what, and how to make it on the tree it was found in."""

    line: int
    what: str
    apply: Callable[[], None]


_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
}
_SWAPPED_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutator:
    """Finds the mutations of one parsed module.

    ``enumerations`` maps the name of an enumeration to its members, so that
    ``Mode.COACH`` becomes another mode; ``constants`` are names that stand for
    alternatives of each other.
    """

    def __init__(self, tree: ast.Module, enumerations: dict[str, list[str]], constants: list[str]) -> None:
        self._tree = tree
        self._enumerations = enumerations
        self._constants = constants

    def mutations(self) -> Iterator[Mutation]:
        """Yield every mutation, in an order that depends on the source alone."""
        yield from self._in(self._tree)

    def _in(self, node: ast.AST) -> Iterator[Mutation]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
                continue
            if isinstance(node, ast.ClassDef) and field == "keywords":
                continue
            if isinstance(value, ast.AST):
                yield from self._of_child(node, field, value)
                yield from self._in(value)
            elif isinstance(value, list):
                yield from self._of_list(node, field, value)
                for each in list(value):
                    if isinstance(each, ast.AST) and not _is_docstring(each):
                        yield from self._in(each)

    def _of_child(self, node: ast.AST, field: str, value: ast.AST) -> Iterator[Mutation]:
        if isinstance(value, ast.expr):
            for what, new in self._replacements(value):
                yield Mutation(value.lineno, what, _setter(node, field, new))
            is_condition = field in ("test", "guard") and isinstance(
                node, (ast.If, ast.IfExp, ast.While, ast.match_case)
            )
            if is_condition:
                yield Mutation(value.lineno, f"not ({ast.unparse(value)})", _setter(node, field, _negated(value)))
            if isinstance(node, ast.Return) and not _is_none(value):
                yield Mutation(value.lineno, f"return None, not {ast.unparse(value)}", _setter(node, field, _none()))

    def _of_list(self, node: ast.AST, field: str, values: list) -> Iterator[Mutation]:
        for at, value in enumerate(values):
            if isinstance(value, ast.expr):
                for what, new in self._replacements(value):
                    yield Mutation(value.lineno, what, _item_setter(values, at, new))
            if field == "ifs":
                yield Mutation(value.lineno, f"no 'if {ast.unparse(value)}'", _remover(values, at))
                yield Mutation(value.lineno, f"not ({ast.unparse(value)})", _item_setter(values, at, _negated(value)))
            if self._is_removable(node, field, values, value):
                yield Mutation(value.lineno, f"without {ast.unparse(value)}", _remover(values, at))
            if field == "cases" and len(values) > 1:
                yield Mutation(value.pattern.lineno, f"without case {ast.unparse(value.pattern)}", _remover(values, at))
            if field == "body" and not _is_docstring(value) and isinstance(value, (ast.Expr, ast.AugAssign)):
                yield Mutation(value.lineno, f"without {ast.unparse(value)}", _item_setter(values, at, ast.Pass()))
        if isinstance(node, ast.Dict) and field == "keys":
            for at, key in enumerate(values):
                yield Mutation(node.lineno, f"without {ast.unparse(key)}: …", _pair_remover(node, at))

    def _is_removable(self, node: ast.AST, field: str, values: list, value: ast.AST) -> bool:
        if field == "elts" and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return len(values) > 1 or isinstance(node, ast.Set)
        if isinstance(node, ast.BoolOp) and field == "values":
            return True
        if isinstance(node, ast.Call) and field == "keywords":
            return True
        if isinstance(node, ast.Call) and field == "args":
            return isinstance(value, ast.Starred)
        return isinstance(node, ast.MatchOr) and field == "patterns" and len(values) > 1

    def _replacements(self, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        before = ast.unparse(value)
        for new in self._new_values(value):
            yield f"{before}  →  {ast.unparse(new)}", new

    def _new_values(self, value: ast.expr) -> Iterator[ast.expr]:
        match value:
            case ast.Constant(bool() as flag):
                yield ast.Constant(not flag)
            case ast.Constant(int() as number):
                yield ast.Constant(number + 1)
            case ast.Constant(str() as text) if " " not in text:
                yield ast.Constant(text + "_")
            case ast.Compare(left, [op], [right]):
                for other in _COMPARISONS.get(type(op), ()):
                    yield ast.Compare(left, [other()], [right])
            case ast.BinOp(left, op, right):
                yield left
                yield right
                if type(op) in _OPERATORS:
                    yield ast.BinOp(left, _OPERATORS[type(op)](), right)
            case ast.BoolOp(op, values):
                yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            case ast.UnaryOp(ast.Not(), operand):
                yield operand
            case ast.IfExp(_, body, orelse):
                yield body
                yield orelse
            case ast.Attribute(ast.Name(owner), member) if member in self._enumerations.get(owner, ()):
                yield ast.Attribute(ast.Name(owner, ast.Load()), self._other(owner, member), ast.Load())
            case ast.Name(name, ast.Load()) if name in self._constants:
                yield ast.Name(_next(self._constants, name), ast.Load())
            case ast.Call(ast.Name(name), args, keywords) if name in _SWAPPED_CALLS:
                yield ast.Call(ast.Name(_SWAPPED_CALLS[name], ast.Load()), args, keywords)
            case _:
                pass

    def _other(self, owner: str, member: str) -> str:
        return _next(self._enumerations[owner], member)


def _next(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


def _negated(value: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), value)


def _none() -> ast.expr:
    return ast.Constant(None)


def _is_none(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _setter(node: ast.AST, field: str, new: ast.AST) -> Callable[[], None]:
    return lambda: setattr(node, field, new)


def _item_setter(values: list, at: int, new: ast.AST) -> Callable[[], None]:
    def apply() -> None:
        values[at] = new

    return apply


def _remover(values: list, at: int) -> Callable[[], None]:
    def apply() -> None:
        del values[at]

    return apply


def _pair_remover(node: ast.Dict, at: int) -> Callable[[], None]:
    def apply() -> None:
        del node.keys[at], node.values[at]

    return apply
