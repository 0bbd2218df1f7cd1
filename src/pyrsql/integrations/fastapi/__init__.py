"""pyrsql in FastAPI with SQLAlchemy: dependencies that give statements."""

from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.integration import FastAPISQLAlchemyIntegration
from pyrsql.integrations.fastapi.page import Page
from pyrsql.integrations.fastapi.page_dependency import PageDependency
from pyrsql.integrations.fastapi.resource import FastAPISQLAlchemyResource
from pyrsql.integrations.fastapi.statements import SQLAlchemyPaginatedSelect

__all__ = [
    "EndpointDependency",
    "FastAPISQLAlchemyIntegration",
    "FastAPISQLAlchemyResource",
    "Page",
    "PageDependency",
    "SQLAlchemyPaginatedSelect",
]
