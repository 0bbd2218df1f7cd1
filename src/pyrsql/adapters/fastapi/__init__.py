"""pyrsql in FastAPI: criteria from a request, and answers to requests that cannot be served."""

from pyrsql.adapters.fastapi.answers import CriteriaError
from pyrsql.adapters.fastapi.bodies import CriteriaErrorResponse, ProblemDetails
from pyrsql.adapters.fastapi.body import BodyDependency, in_body
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig, SortParameterFormat
from pyrsql.adapters.fastapi.criteria import RequestCriteria
from pyrsql.adapters.fastapi.dependency import CriteriaDependency, criteria_dependency
from pyrsql.adapters.fastapi.openapi import install_openapi
from pyrsql.adapters.fastapi.problem_details import install_problem_details
from pyrsql.adapters.fastapi.responses import error_responses

__all__ = [
    "BodyDependency",
    "CriteriaDependency",
    "CriteriaError",
    "CriteriaErrorResponse",
    "FastAPICriteriaConfig",
    "ProblemDetails",
    "RequestCriteria",
    "SortParameterFormat",
    "criteria_dependency",
    "error_responses",
    "in_body",
    "install_openapi",
    "install_problem_details",
]
