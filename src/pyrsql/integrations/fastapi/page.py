"""A page of a list, as an answer."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page: `Page[UserOut]`."""

    items: list[ItemT] = Field(description="The rows of this page.")
    total: int | None = Field(
        description="Rows on all pages; where it is not exact, at least so many. Missing where rows are not counted."
    )
    total_is_exact: bool = Field(description="There are not more rows than `total` says.")
    page: int = Field(description="Number of this page.")
    size: int = Field(description="Rows on a full page.")
    pages: int | None = Field(description="Number of pages; missing where the total is not exact.")
