"""The import rule: an answer that takes from a library what it was asked to write scores nothing.

It is read from the text alone, so it is not a proof: whoever wants to get round it will. What it is for is that nobody
does so by accident, and that a person is told where to look.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resnet_labs.grading import parsing

# Code made from text can use anything, so an answer must not make any.
_FROM_TEXT = ("eval", "exec", "compile", "__import__")
_MODULES = ("importlib", "imp", "runpy", "zipimport", "marshal", "builtins", "code", "codeop", "pydoc", "pkgutil")
_INSIDES = (
    "__globals__",
    "__builtins__",
    "__subclasses__",
    "__loader__",
    "__spec__",
    "__code__",
    "__closure__",
    "f_globals",
)
_LOOKED_UP = ("getattr", "hasattr", "setattr", "operator.attrgetter", "inspect.getattr_static")
_INTERNAL = ("torch.ops", "torch._C", "torch._VF", "torch._refs", "torch._decomp")


@dataclass(frozen=True)
class Finding:
    """Something in an answer.

    Attributes:
        text: one sentence.
        forbidden: whether the exercise scores 0 for it; otherwise a person should look.
    """

    text: str
    forbidden: bool


def findings(sources: Sequence[str], withheld: Sequence[str], own: Iterable[str] = ()) -> list[Finding]:
    """Return what an answer uses that its exercise withholds, and what hides what it uses.

    Args:
        sources: the prelude, which is ours and only gives names their meaning; then the answer's cells.
        withheld: modules, functions and classes, as dotted names.
        own: names that the answer defines itself.
    """
    if not withheld:
        return []
    reader = _Reader(tuple(withheld), set(own))
    for number, source in enumerate(sources):
        try:
            module = parsing.tree(source)
            reader.quiet = number == 0
            reader.visit(module)
        except (parsing.Unreadable, RecursionError) as error:
            if isinstance(error, RecursionError):
                reader.say("The answer is nested too deeply to be read for its imports.", True)
            continue  # a syntax error runs nothing
        for name in parsing.magics(source):
            reader.say(f"The answer uses {name}, which the import rule cannot read.", name in ("%run", "%%writefile"))
    return list(dict.fromkeys(reader.found))


class _Reader(ast.NodeVisitor):
    """Follows which module each name means, from the top of the cells to their end."""

    def __init__(self, withheld: tuple[str, ...], own: set[str]) -> None:
        self.withheld, self.own = withheld, own
        self.means: dict[str, str] = {}
        self.found: list[Finding] = []
        self.quiet = False
        # Short words, such as train, are names of methods too.
        last = {name.rsplit(".", 1)[-1] for name in withheld if name.startswith("torch.")}
        self.last_names = {name for name in last if "_" in name or not name.islower()}

    def say(self, text: str, forbidden: bool) -> None:
        if not self.quiet:
            self.found.append(Finding(text, forbidden))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.name)
            top = alias.name.split(".")[0]
            self.means[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            whole = f"{module}.{alias.name}"
            if alias.name == "*":
                self._imported(module)
                inside = [name for name in self.withheld if name.startswith(f"{module}.")]
                if inside:
                    self.say(f"The answer imports everything from {module}, and with it {inside[0]}.", True)
                continue
            self._imported(whole)
            self.means[alias.asname or alias.name] = whole

    def _imported(self, whole: str) -> None:
        if self._is_withheld(whole):
            self.say(f"The answer imports {whole}, which the exercise asks you to write.", True)
        elif whole.split(".")[0] in _MODULES:
            self.say(f"The answer imports {whole}, with which it could take anything from a library.", True)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bound(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._bound(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bound(node.target, node.value)

    def _bound(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._bound(one, other)
        elif isinstance(target, ast.Name):
            meaning = self._meaning(value)
            if meaning:
                self.means[target.id] = meaning
            else:
                self.means.pop(target.id, None)
        else:
            self.visit(target)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.means.pop(node.name, None)
        self._scope(node, node.args)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.means.pop(node.name, None)
        self._scope(node, node.args)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scope(node, node.args)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.means.pop(node.name, None)
        self.generic_visit(node)

    def _scope(self, node: ast.AST, arguments: ast.arguments) -> None:
        """Read a function: a parameter hides a module of that name, unless its default is one."""
        before = dict(self.means)
        given = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(given) - len(arguments.defaults)) + list(arguments.defaults)
        pairs = [*zip(given, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        for argument, default in pairs:
            meaning = self._meaning(default) if default is not None else ""
            self.means.pop(argument.arg, None)
            if meaning:
                self.means[argument.arg] = meaning
        self.generic_visit(node)
        self.means = before

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._used(self.means.get(node.id, ""))
            if node.id in _FROM_TEXT and node.id not in self.own:
                self.say(f"The answer uses {node.id}, which makes code from text.", True)
            elif node.id in ("__builtins__", "get_ipython", "__loader__", "__spec__"):
                self.say(f"The answer uses {node.id}, with which it could take anything from a library.", True)
        elif isinstance(node.ctx, ast.Del):
            self.means.pop(node.id, None)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        meaning = self._meaning(node)
        if meaning:
            self._used(meaning)
            if any(f"{meaning}.".startswith(f"{name}.") for name in _INTERNAL):
                self.say(f"The answer uses {meaning}, torch's own insides.", False)
        elif node.attr in self.last_names and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            self.say(f"The answer uses an attribute {node.attr} of something that is no known module.", False)
        if meaning == "sys.modules":
            self.say("The answer uses sys.modules, with which it could take anything from a library.", True)
        if node.attr in _INSIDES or (node.attr == "__dict__" and self._is_module(node.value)):
            self.say(f"The answer uses {node.attr}, with which it could take anything from a library.", True)
        if not meaning:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        called = self._meaning(node.func) or ast.unparse(node.func)
        first = node.args[0] if node.args else None
        if called in _LOOKED_UP and called != "operator.attrgetter" and first is not None and self._is_module(first):
            name = parsing.literal(node.args[1]) if len(node.args) > 1 else None
            if name is None:
                self.say(
                    f"The answer looks up an attribute of {ast.unparse(first)} by a name that is worked out.", True
                )
            else:
                self._used(f"{self._meaning(first)}.{name}")
        elif called == "operator.attrgetter" and parsing.literal(first) is None:
            self.say("The answer looks up an attribute by a name that is worked out.", True)
        elif called == "operator.attrgetter" and self.last_names & set(str(parsing.literal(first)).split(".")):
            self.say(f"The answer looks up the attribute {parsing.literal(first)}.", True)
        elif called == "vars" and first is not None and self._is_module(first):
            self.say(f"The answer uses vars of {ast.unparse(first)}, with which it could take anything from it.", True)
        self.generic_visit(node)

    def _is_module(self, node: ast.expr) -> bool:
        """Whether the expression means a module from which something is withheld, or may mean one."""
        meaning = self._meaning(node)
        return bool(meaning) and any(f"{name}.".startswith(f"{meaning.split('.')[0]}.") for name in self.withheld)

    def _meaning(self, node: ast.expr) -> str:
        """Return the dotted name that an expression means, or an empty string."""
        if isinstance(node, ast.Name):
            return self.means.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = self._meaning(node.value)
            return f"{before}.{node.attr}" if before else ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            name = parsing.literal(node.args[1]) if len(node.args) > 1 else None
            before = self._meaning(node.args[0]) if name else ""
            return f"{before}.{name}" if before else ""
        if isinstance(node, ast.NamedExpr):
            return self._meaning(node.value)
        if isinstance(node, ast.IfExp):
            return self._meaning(node.body) or self._meaning(node.orelse)
        if isinstance(node, ast.Subscript) and isinstance(node.value, (ast.Tuple, ast.List)):
            return next(filter(None, map(self._meaning, node.value.elts)), "")
        return ""

    def _used(self, meaning: str) -> None:
        if meaning and self._is_withheld(meaning):
            self.say(f"The answer uses {meaning}, which the exercise asks you to write.", True)
        elif meaning.split(".")[0] in _MODULES:
            self.say(f"The answer uses {meaning}, with which it could take anything from a library.", True)

    def _is_withheld(self, whole: str) -> bool:
        if ".torch." in whole:  # such as torch.nn.functional.torch.cdist
            whole = f"torch.{whole.rsplit('.torch.', 1)[1]}"
        return any(f"{whole}.".startswith(f"{name}.") for name in self.withheld)
