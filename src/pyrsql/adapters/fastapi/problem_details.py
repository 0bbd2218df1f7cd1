"""RFC 9457: the same answers as `application/problem+json`."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from pyrsql.adapters.fastapi.answers import CriteriaError
from pyrsql.adapters.fastapi.bodies import ProblemDetails
from pyrsql.adapters.fastapi.openapi import PROBLEM_JSON, install_openapi


def install_problem_details(app: FastAPI) -> None:
    """Make an application answer requests that cannot be served with `application/problem+json`, and document
    it.

    Args:
        app: the application; mounted applications have handlers of their own.
    """
    app.add_exception_handler(CriteriaError, _answer)
    install_openapi(app)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CriteriaError)
    body = ProblemDetails(status=error.status_code, **error.body.model_dump())
    return JSONResponse(body.model_dump(), error.status_code, media_type=PROBLEM_JSON)
