"""How the command line shows filters, problems and tables: in colour on a terminal, plain in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text
from rich.tree import Tree

from pyrsql.language.nodes import And, Comparison, Node, Or
from pyrsql.language.render import render
from pyrsql.messages import caret, describe, visible, width
from pyrsql.problems import Problem


class _Console(Console):
    """Ends the command quietly when the reader of a pipe has seen enough, as `head` has."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0)


# Nothing is wrapped, cut or recognised as markup: the output may be the input of another program.
out: Console = _Console(highlight=False, markup=False, soft_wrap=True)
err: Console = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)


def show_problems(text: str, problems: Sequence[Problem], console: Console = out) -> None:
    """Print a text, carets under all that is wrong with it, and a message and a hint for each problem."""
    spans = [problem.span for problem in problems if problem.span is not None]
    if "\n" in text or width(text) > console.width or not spans:
        for problem in problems:
            console.print(caret(text, problem))
        return
    marked = {place for span in spans for place in range(span.start, max(span.end, span.start + 1))}
    # One place more than the text has, for what is missing at its end.
    carets = (("^" if place in marked else " ") * width(one) for place, one in enumerate(f"{text} "))
    console.print(visible(text))
    console.print(Text("".join(carets).rstrip(), style="bold red"))
    for problem in problems:
        console.print(describe(problem) + (f" {problem.hint}" if problem.hint else ""))


def show_tree(node: Node) -> None:
    """Print the tree of a filter."""
    if isinstance(node, Comparison):
        out.print(render(node))
        return
    root = Tree(_joint(node))
    waiting: list[tuple[Tree, Node]] = [(root, part) for part in node.nodes]
    # The next branch is the last of the list, so that branches are added in their order.
    waiting.reverse()
    while waiting:
        branch, part = waiting.pop()
        if isinstance(part, Comparison):
            branch.add(Text(render(part)))
        else:
            inner = branch.add(Text(_joint(part), style="bold"))
            waiting += [(inner, one) for one in reversed(part.nodes)]
    out.print(root)


def _joint(node: And | Or) -> str:
    return "and" if isinstance(node, And) else "or"


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as aligned columns. Nothing is cut, however narrow the terminal is, and nothing in it acts on it."""
    every = [[visible(value) for value in row] for row in (columns, *rows)]
    widths = [max(map(width, column)) for column in zip(*every, strict=True)]
    for place, row in enumerate(every):
        line = "  ".join(value + " " * (most - width(value)) for value, most in zip(row, widths, strict=True))
        out.print(Text(line.rstrip(), style="" if place else "bold"))


def show_sql(sql: str) -> None:
    """Print SQL, coloured on a terminal."""
    out.print(Syntax(sql, "sql", background_color="default") if out.is_terminal else sql)
