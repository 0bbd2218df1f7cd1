"""Advice beside a valid filter: it may mean something else than a client thinks."""

from __future__ import annotations

from pyrsql.language.advice import Advice
from pyrsql.language.nodes import Node
from pyrsql.language.plain_text import plain_text_advice
from pyrsql.models.schema import Schema
from pyrsql.validation.same_row import same_row_advice


def filter_advice(schema: Schema, node: Node) -> Advice | None:
    """The hint beside a filter, with the whole filter to write instead.

    Args:
        schema: the fields and rights of the endpoint.
        node: a filter that the schema accepts.

    Returns:
        The hint, or None where there is nothing to say.
    """
    percent = schema.query_options.like_escape_character is None
    return same_row_advice(schema, node) or plain_text_advice(node, percent=percent)
