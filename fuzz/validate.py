"""Coverage-guided fuzzing of validation: no value raises, and what is accepted compiles for every database.

Run it by `make fuzz`, or `python fuzz/validate.py -max_total_time=60`; all options are libFuzzer's.
"""

# atheris is not among the tools of `make check`: there are wheels of it for some machines only.
# pyright: reportAttributeAccessIssue=false

import sys

import atheris

with atheris.instrument_imports(include=["pyrsql"]):
    from returns.pipeline import is_successful
    from sqlalchemy import make_url, select

    from property_tests.models import Item
    from pyrsql.language.nodes import Comparison
    from pyrsql.messages import describe
    from pyrsql.operators import DEFAULT_OPERATORS
    from pyrsql.orms.sqlalchemy import schema
    from pyrsql.pipeline import apply_filter, order, validate

ITEMS = schema(Item)
SELECTORS = (
    *ITEMS.model.members,
    "maker.country.name",
    "tags.weight",
    "parent.children.moment",
    "@upper[text]",
    "nothing",
)
DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg", "mysql+pymysql")]


def check(data: bytes) -> None:
    """One comparison: a selector, an operator, and arguments."""
    provider = atheris.FuzzedDataProvider(data)
    selector = provider.PickValueInList(list(SELECTORS))
    operator = provider.PickValueInList(list(DEFAULT_OPERATORS))
    text = provider.ConsumeUnicode(sys.maxsize)
    least = operator.minimum_arguments
    node = Comparison(selector, operator, tuple(text.split("|", max(least - 1, 0))) if least else ())
    if len(node.arguments) < least:
        return
    result = validate(ITEMS)(node)
    if not is_successful(result):
        assert all(map(describe, result.failure()))
        return
    statement = result.bind(apply_filter(select(Item.id))).unwrap().select
    for dialect in DIALECTS:
        compiled = statement.compile(dialect=dialect)
        compiled.construct_params()
    order(ITEMS)(text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
