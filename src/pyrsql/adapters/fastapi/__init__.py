"""pyrsql in FastAPI: criteria from a request, and answers to requests that cannot be served."""

from pyrsql.adapters.fastapi.body import BodyDependency, in_body
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig, SortParameterFormat
from pyrsql.adapters.fastapi.dependency import CriteriaDependency, RequestCriteria, criteria_dependency
from pyrsql.adapters.fastapi.openapi import install_openapi, install_problem_details
from pyrsql.adapters.fastapi.report import RequestReport
from pyrsql.adapters.fastapi.responses import CriteriaError, CriteriaErrorResponse, ProblemDetails, error_responses

__all__ = [
    "BodyDependency",
    "CriteriaDependency",
    "CriteriaError",
    "CriteriaErrorResponse",
    "FastAPICriteriaConfig",
    "ProblemDetails",
    "RequestCriteria",
    "RequestReport",
    "SortParameterFormat",
    "criteria_dependency",
    "error_responses",
    "in_body",
    "install_openapi",
    "install_problem_details",
]
