"""Names in Python source: which scope reads or sets them, in every version of Python."""

from __future__ import annotations

import ast
import copy
import symtable


def table(tree: ast.AST) -> symtable.SymbolTable:
    """Return the symbols of a module or statement, in which a comprehension is a scope of its own.

    Since Python 3.12 the table of `symtable` has a comprehension's variables in the scope around it. A generator
    expression has the same names, and still has a scope, so each comprehension is read as one.

    Args:
        tree: as `ast.parse` gives it; it stays as it is.

    Raises:
        SyntaxError: such as an `await` at top level.

    Example:
        >>> [symbol.get_name() for symbol in table(ast.parse("found = [row for row in rows]")).get_symbols()]
        ['found', 'rows']
    """
    return symtable.symtable(ast.unparse(_Generators().visit(copy.deepcopy(tree))), "<cell>", "exec")


class _Generators(ast.NodeTransformer):
    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return self.generic_visit(ast.GeneratorExp(pair, node.generators))
