"""Whatever a client sends, the service answers as its OpenAPI document says, and never with a 5xx."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from examples.flights.app import app

EXAMPLES = 40
"""Requests for each operation, beside those for the bounds of its parameters."""

document = schemathesis.openapi.from_dict(app.openapi())
document.app = app


@document.parametrize()
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_answer_is_as_documented(case: schemathesis.Case[Any], database: Path) -> None:
    response = case.call()
    # A text that is no RSQL follows the document too: JSON Schema cannot say what RSQL is.
    excluded: list[Any] = [positive_data_acceptance]
    sent = parse_qs(urlsplit(str(response.request.url)).query, keep_blank_values=True)
    if any(not value.strip() for name in ("page", "size") for value in sent.get(name, ())):
        # An empty page or size is none, though it is no integer.
        excluded.append(negative_data_rejection)
    case.validate_response(response, excluded_checks=excluded)
