"""The backend over Python objects. The other backends are tested against it."""

from pyrsql.orms.custom import CustomPredicatePayload
from pyrsql.orms.memory.functions import FUNCTIONS, Functions
from pyrsql.orms.memory.orm import MemoryORM
from pyrsql.orms.memory.predicates import CustomPredicate
from pyrsql.orms.memory.rows import OrderedRows, Row
from pyrsql.orms.memory.text import matches
from pyrsql.orms.memory.truth import Truth
from pyrsql.validation.text import fold

__all__ = [
    "FUNCTIONS",
    "CustomPredicate",
    "CustomPredicatePayload",
    "Functions",
    "MemoryORM",
    "OrderedRows",
    "Row",
    "Truth",
    "fold",
    "matches",
]
