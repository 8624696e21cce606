"""The sessions of the noxfile."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from docs_site import REPOSITORY
from docs_site.reference.table import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator


def sessions() -> list[str]:
    """Return a table of the sessions, in the order of the noxfile."""
    module = ast.parse((REPOSITORY / "noxfile.py").read_text("utf-8"))
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    found = ((function, name) for function in functions for name in _names(function))
    return table(("session", "purpose"), [(code(name), ast.get_docstring(function) or "") for function, name in found])


def _names(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the session name of a function, if it is a session."""
    for decorator in function.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(call) == "nox.session":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            named = [ast.literal_eval(keyword.value) for keyword in keywords if keyword.arg == "name"]
            yield named[0] if named else function.name
