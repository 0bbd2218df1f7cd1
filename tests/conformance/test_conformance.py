"""The corpus: inputs with the verdict and the tree of the reference grammar.

`filters.jsonl` was made with rsql-parser 2.3.4 and the operators of rsql-jpa-specification; `operators.json` names
these.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from returns.result import Success

from pyrsql.language.nodes import And, Comparison, Node
from pyrsql.language.parse import parse_filter
from pyrsql.language.render import render
from pyrsql.operators import DEFAULT_OPERATORS
from pyrsql.options import ParseLimits, QueryOptions
from pyrsql.problems import SyntaxProblem, UnknownOperator, WrongArity

HERE = Path(__file__).parent
OPERATORS = json.loads((HERE / "operators.json").read_text())
CASES = [json.loads(line) for line in (HERE / "filters.jsonl").read_text().splitlines()]
CANONICAL = {spelling: name for name, operator in OPERATORS.items() for spelling in operator["spellings"]}
REFUSALS = {
    "lexical": SyntaxProblem,
    "syntax": SyntaxProblem,
    "blank-selector": SyntaxProblem,
    "unknown-operator": UnknownOperator,
    "arity": WrongArity,
}
UNLIMITED = QueryOptions(
    parse_limits=ParseLimits(
        query_length=None, selector_length=None, argument_length=None, arguments=None, depth=None, nodes=None
    )
)


def as_json(node: Node) -> dict[str, object]:
    """A tree in the form of the corpus."""
    if isinstance(node, Comparison):
        canonical = CANONICAL[node.operator.spelling]
        return {"sel": node.selector, "cmp": canonical, "args": list(node.arguments)}
    return {"op": "and" if isinstance(node, And) else "or", "nodes": [as_json(child) for child in node.nodes]}


ACCEPTED = {str(case["id"]): case for case in CASES if "tree" in case}
REFUSED = {str(case["id"]): case for case in CASES if "refused" in case}


def test_the_corpus_is_whole() -> None:
    assert len(ACCEPTED) + len(REFUSED) == len(CASES) == 2_850


def test_operators_are_those_of_the_corpus() -> None:
    ours = {
        CANONICAL[operator.spelling]: (set(operator.spellings), operator.minimum_arguments, operator.maximum_arguments)
        for operator in DEFAULT_OPERATORS
    }
    assert ours == {
        name: (set(operator["spellings"]), operator["min"], operator["max"]) for name, operator in OPERATORS.items()
    }


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(case: dict[str, Any]) -> None:
    tree = parse_filter(case["input"], UNLIMITED).unwrap()
    assert as_json(tree) == case["tree"]
    assert parse_filter(render(tree), UNLIMITED) == Success(tree)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(case: dict[str, str]) -> None:
    first, *_ = parse_filter(case["input"], UNLIMITED).failure()
    assert type(first) is REFUSALS[case["refused"]]
    assert first.span is not None
    assert 0 <= first.span.start <= first.span.end <= len(case["input"])
