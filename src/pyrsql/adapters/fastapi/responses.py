"""The answers to requests that cannot be served, for `responses=` of routes, routers and applications."""

from __future__ import annotations

from typing import Any

from pyrsql.adapters.fastapi.bodies import CriteriaErrorResponse

DESCRIPTIONS = {
    400: "Filter, sort or page cannot be read.",
    422: "Filter or sort can be read, but ask for what cannot be had.",
}

error_responses: dict[int | str, dict[str, Any]] = {
    status: {"model": CriteriaErrorResponse, "description": description} for status, description in DESCRIPTIONS.items()
}
"""Statuses 400 and 422 with their body: `@app.get("/users", responses=error_responses)`."""
