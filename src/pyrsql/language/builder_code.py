"""A tree as code of the query builder."""

from __future__ import annotations

import keyword

from returns.result import Success

from pyrsql import operators
from pyrsql.language.builder import Field
from pyrsql.language.counts import read_count
from pyrsql.language.nodes import Comparison, Node, SortKey
from pyrsql.language.parse import parse_filter
from pyrsql.language.render import write_tree
from pyrsql.language.wildcards import is_special
from pyrsql.options import QueryOptions

_TAKEN = frozenset(dir(Field)) | {"selector"}
_QUANTIFIERS = QueryOptions(quantifiers=True)
_SIGNS = {
    "equal": "==",
    "not_equal": "!=",
    "greater": ">",
    "greater_or_equal": ">=",
    "less": "<",
    "less_or_equal": "<=",
}
_METHODS = {
    "in": "in_",
    "not_in": "not_in",
    "between": "between",
    "not_between": "not_between",
    "is_null": "is_null",
    "is_not_null": "is_not_null",
    "equal_ignore_case": "equals_ignoring_case",
}


def python_of(node: Node) -> str:
    """The builder expression that makes a tree.

    >>> from pyrsql import parse
    >>> python_of(parse("name==de*;(age=ge=18,age=na=)").expression)
    "f.name.matches('de*') & ((f.age >= 18) | f.age.is_null())"
    """

    def comparison(leaf: Comparison) -> str:
        return _python_comparison(leaf, alone=leaf is node)

    return write_tree(node, comparison, and_=" & ", or_=" | ")


def python_of_sort(keys: tuple[SortKey, ...]) -> str:
    """The builder expression that makes a sort.

    >>> from pyrsql.language.parse import parse_sort
    >>> python_of_sort(parse_sort("-age;name,ic,nullsfirst").unwrap())
    'sort_by(f.age.desc(), f.name.asc(ignore_case=True, nulls_first=True))'
    """
    return f"sort_by({', '.join(map(_python_key, keys))})"


def _python_key(key: SortKey) -> str:
    options = ["ignore_case=True"] if key.ignore_case else []
    options += [] if key.nulls_first is None else [f"nulls_first={key.nulls_first}"]
    return f"{_python_field(key.selector)}.{'desc' if key.descending else 'asc'}({', '.join(options)})"


def python_script(node: Node | None, keys: tuple[SortKey, ...]) -> str:
    """A script that makes a filter and a sort with the builder; blank without either.

    >>> from pyrsql import parse
    >>> print(python_script(parse("name==demo").expression, ()))
    from pyrsql.language.builder import f
    <BLANKLINE>
    filter = str(f.name == 'demo')
    """
    lines = [] if node is None else [f"filter = str({python_of(node)})"]
    lines += [f"sort = {python_of_sort(keys)}"] if keys else []
    if not lines:
        return ""
    written = "\n".join(lines)
    names = ["f", *(["sort_by"] if keys else [])]
    imports = [f"from pyrsql.language.builder import {', '.join(names)}"]
    if "ComparisonOperator(" in written:
        imports.append("from pyrsql.operators import ComparisonOperator")
    if "operators." in written:
        imports.insert(0, "from pyrsql import operators")
    return "\n".join([*imports, "", written])


def _python_comparison(comparison: Comparison, *, alone: bool) -> str:
    field, name, values = _python_field(comparison.selector), comparison.operator.name, comparison.arguments
    if name in _SIGNS and len(values) == 1 and (name not in ("equal", "not_equal") or not is_special(values[0])):
        text = f"{field} {_SIGNS[name]} {_python_value(values[0])}"
        return text if alone else f"({text})"
    if name == "equal" and len(values) == 1 and not values[0].startswith("\\^"):
        caret = values[0].startswith("^")
        return f"{field}.matches({values[0][caret:]!r}{', ignore_case=True' if caret else ''})"
    if name in ("is_null", "is_not_null", "any", "none") and not values:
        return f"{field}.{_METHODS.get(name, name)}()"
    if name in ("any", "none", "all"):
        nested = parse_filter(values[0], _QUANTIFIERS)
        if isinstance(nested, Success):
            return f"{field}.{name}({python_of(nested.unwrap())})"
    if name in ("in", "not_in"):
        return f"{field}.{_METHODS[name]}([{', '.join(map(_python_value, values))}])"
    if name in ("between", "not_between", "equal_ignore_case"):
        return f"{field}.{_METHODS[name]}({', '.join(map(_python_value, values))})"
    operator = f"ComparisonOperator({name!r}, ({comparison.operator.spelling!r},))"
    if name.upper() in vars(operators):
        operator = f"operators.{name.upper()}"
    return f"{field}.compare({', '.join([operator, *map(_python_value, values)])})"


def _python_field(selector: str) -> str:
    count = read_count(selector)
    if count is not None and count.filter is None:
        return f"{_python_field(count.path)}.count()"
    names = selector.split(".")
    if not any(name.startswith("_") or name in _TAKEN or keyword.iskeyword(name) for name in names) and all(
        name.isascii() and name.isidentifier() for name in names
    ):
        return f"f.{selector}"
    return f"f[{selector!r}]"


def _python_value(text: str) -> str:
    digits = text.removeprefix("-")
    whole = digits.isascii() and digits.isdigit() and len(digits) < 18 and str(int(text)) == text
    return text if whole else repr(text)
