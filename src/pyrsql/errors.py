"""The exceptions of the object surface. Each carries the problems that the pipeline returns as values."""

from __future__ import annotations

from pyrsql.messages import describe
from pyrsql.problems import Problems


class PyrsqlError(Exception):
    """A request that cannot be served. `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("; ".join(describe(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[PyrsqlError], tuple[Problems]]:
        return type(self), (self.problems,)


class ParseError(PyrsqlError):
    """A filter or sort text that does not follow the grammar or is larger than its limits."""


class ValidationError(PyrsqlError):
    """A well-formed filter or sort with a field, operator or value that is unknown, forbidden or unsupported."""


class PageError(PyrsqlError):
    """A page number, size, offset or limit that is not acceptable."""


class ConfigurationError(Exception):
    """A mistake of the developer, found when the application is put together, never caused by a client."""
