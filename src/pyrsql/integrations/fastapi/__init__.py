"""pyrsql in FastAPI with SQLAlchemy: dependencies that give statements."""

from pyrsql.integrations.fastapi.cursor_page import CursorPage, CursorPageDependency
from pyrsql.integrations.fastapi.database_errors import database_error_handler
from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.endpoint import SQLAlchemyPaginatedSelect
from pyrsql.integrations.fastapi.index_report import index_report
from pyrsql.integrations.fastapi.integration import FastAPISQLAlchemyIntegration
from pyrsql.integrations.fastapi.page import Page, PageDependency
from pyrsql.integrations.fastapi.playground import playground
from pyrsql.integrations.fastapi.resource import FastAPISQLAlchemyResource
from pyrsql.integrations.fastapi.roles import RoleDependency, RoleResources, by_role
from pyrsql.integrations.fastapi.stream import StreamDependency

__all__ = [
    "CursorPage",
    "CursorPageDependency",
    "EndpointDependency",
    "FastAPISQLAlchemyIntegration",
    "FastAPISQLAlchemyResource",
    "Page",
    "PageDependency",
    "RoleDependency",
    "RoleResources",
    "SQLAlchemyPaginatedSelect",
    "StreamDependency",
    "by_role",
    "database_error_handler",
    "index_report",
    "playground",
]
