"""The text of an argument -> a Python value of the field's kind, or a Refusal that says what the kind can hold."""

from pyrsql.validation.convert.bounds import is_larger
from pyrsql.validation.convert.converter import convert, converter, with_converter
from pyrsql.validation.convert.json import json_value, temporal
from pyrsql.validation.convert.refusal import Refusal
from pyrsql.validation.convert.text import to_text

__all__ = ["Refusal", "convert", "converter", "is_larger", "json_value", "temporal", "to_text", "with_converter"]
