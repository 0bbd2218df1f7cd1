"""The plan's public names, where documentation before 1.0 has them; the plan is in `validation.plan`."""

from pyrsql.validation.plan import Criteria, Filter, Order, PaginatedSelect, Statement

__all__ = ["Criteria", "Filter", "Order", "PaginatedSelect", "Statement"]
