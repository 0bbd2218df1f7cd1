"""The bodies of the answers to requests that cannot be served, as they appear in OpenAPI."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pyrsql.adapters.fastapi.status import ProblemType


class ErrorLocation(BaseModel):
    """A place in the text of a parameter."""

    index: int = Field(description="Characters before it.", examples=[4])
    line: int = Field(description="Its line, from 1.", examples=[1])
    column: int = Field(description="Its column, from 1.", examples=[5])


class CriteriaErrorItem(BaseModel):
    """One thing that is wrong with a request."""

    code: str = Field(description="What is wrong, as a name that never changes.", examples=["unknown-field"])
    detail: str = Field(description="What is wrong, for people.")
    field: str | None = Field(description="The selector it is about, where it is about one.", examples=["nme"])
    hint: str | None = Field(description="What would help, where that is known.", examples=["Did you mean 'name'?"])
    parameter: str = Field(description="The parameter it was found in.", examples=["filter"])
    location: ErrorLocation | None = Field(description="Where it was found, where it has one place.")


class CriteriaErrorDetail(BaseModel):
    """Why a request cannot be served: the problem that decides the status, and all problems there are."""

    type: ProblemType = Field(description="What kind of mistake it is.")
    title: str = Field(description="The same for people.")
    parameter: str = Field(description="The parameter with the deciding problem.", examples=["filter"])
    detail: str = Field(description="The deciding problem, for people.")
    errors: list[CriteriaErrorItem] = Field(description="Everything that is wrong with the request.")


class CriteriaErrorResponse(BaseModel):
    """The body of an answer with status 400 or 422."""

    detail: CriteriaErrorDetail


class ProblemDetails(CriteriaErrorDetail):
    """The same as `application/problem+json` (RFC 9457)."""

    status: int = Field(description="The status of the answer.", examples=[400, 422])
