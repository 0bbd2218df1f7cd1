"""A page to try the endpoints of a service on."""

from pyrsql.integrations.fastapi.playground.router import playground

__all__ = ["playground"]
