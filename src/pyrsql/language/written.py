"""A tree written out: its comparisons, joined, with parentheses."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyrsql.language.nodes import And, Comparison, Node, Or

_Group = type[And] | type[Or]


def written(
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
