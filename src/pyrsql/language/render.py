"""From trees back to text, in canonical spelling. The text parses to the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pyrsql.language.grammar import run_pattern
from pyrsql.language.nodes import And, Comparison, Node, Or, SortKey

_Group = type[And] | type[Or]

_escaped = re.compile(r"[\\']")


def render(node: Node) -> str:
    r"""Write a tree as a filter.

    Args:
        node: a tree, parsed or made by hand. ANDs and ORs hold two nodes or more.

    Returns:
        The text, without needless parentheses, quotes and blanks.

    >>> from pyrsql.language.nodes import And
    >>> from pyrsql.operators import EQUAL, IN
    >>> one, two = Comparison("name", EQUAL, ("it's",)), Comparison("age", IN, ("1", "2"))
    >>> render(And((one, Or((one, two)))))
    "name=='it\\'s';(name=='it\\'s',age=in=(1,2))"
    """
    return write_tree(node, _comparison, and_=";", or_=",", grouped_in_or=(Or,))


def write_tree(
    tree: Node,
    comparison: Callable[[Comparison], str],
    *,
    and_: str,
    or_: str,
    grouped_in_or: tuple[_Group, ...] = (And, Or),
) -> str:
    """Write a tree. Groups wait on a stack, so that depth costs no recursion.

    Args:
        tree: the tree.
        comparison: writes a comparison.
        and_: stands between the parts of an AND. Each group in it has parentheses.
        or_: stands between the parts of an OR.
        grouped_in_or: the groups that have parentheses in an OR.
    """
    pieces: list[str] = []
    waiting: list[Node | str] = [tree]  # the next at the end
    while waiting:
        match waiting.pop():
            case str() as piece:
                pieces.append(piece)
            case Comparison() as leaf:
                pieces.append(comparison(leaf))
            case And(nodes=nodes):
                waiting.extend(_joined(and_, nodes, (And, Or)))
            case Or(nodes=nodes):
                waiting.extend(_joined(or_, nodes, grouped_in_or))
    return "".join(pieces)


def _joined(joint: str, nodes: Iterable[Node], grouped: tuple[_Group, ...]) -> Iterable[Node | str]:
    """Nodes and joints, last first."""
    parts: list[Node | str] = []
    for node in nodes:
        parts += [joint] if parts else []
        parts += ["(", node, ")"] if isinstance(node, grouped) else [node]
    return reversed(parts)


def render_sort(keys: Iterable[SortKey]) -> str:
    """Write sort keys as a sort.

    >>> render_sort([SortKey("name", descending=True, nulls_first=False), SortKey("id")])
    'name,desc,nullslast;id'
    """
    return ";".join(_key(key) for key in keys)


def render_selector(selector: str) -> str:
    """Write a selector as a run, or in quotes where it could not be one.

    >>> render_selector("company.name"), render_selector("a b"), render_selector("-x")
    ('company.name', "'a b'", "'-x'")
    """
    # A sign at the start would be read as the direction of a sort key.
    return _quoted(selector) if selector[:1] in ("-", "+") else render_value(selector)


def _comparison(comparison: Comparison) -> str:
    arguments = [render_value(argument) for argument in comparison.arguments]
    values = arguments[0] if len(arguments) == 1 else f"({','.join(arguments)})" if arguments else ""
    return f"{render_value(comparison.selector)}{comparison.operator.spelling}{values}"


def _key(key: SortKey) -> str:
    modifiers = (
        (key.descending, ",desc"),
        (key.ignore_case, ",ic"),
        (key.nulls_first is True, ",nullsfirst"),
        (key.nulls_first is False, ",nullslast"),
    )
    return render_selector(key.selector) + "".join(word for holds, word in modifiers if holds)


def render_value(text: str) -> str:
    """Write an argument as a run, or in quotes where it could not be one."""
    return text if run_pattern.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + _escaped.sub(r"\\\g<0>", text) + "'"
