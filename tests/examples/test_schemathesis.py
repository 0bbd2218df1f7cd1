"""Whatever a client sends, the service answers as its OpenAPI document says, and never with a 5xx."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from examples.flights.app import app

EXAMPLES = 40
"""Requests for each operation, beside those for the bounds of its parameters."""

document = schemathesis.openapi.from_dict(app.openapi())
document.app = app


@document.parametrize()
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_answer_is_as_documented(case: schemathesis.Case[Any], database: Path) -> None:
    # A text that is no RSQL follows the document too: JSON Schema cannot say what RSQL is.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
