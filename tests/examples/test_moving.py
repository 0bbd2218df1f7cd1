"""The tables of docs/how-to/moving.md, in the column of this version; `make compare` runs the column of 0.0.6."""

import pytest

from comparison.moving import PAGE, Row, answer, rows

ROWS = list(rows(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind} {' '.join(row.asked)}")
def test_this_version_answers_as_the_page_says(row: Row) -> None:
    assert answer(row, row.here) == row.here


def test_every_row_shows_a_difference() -> None:
    assert len(ROWS) > 60
    assert [row for row in ROWS if row.published == row.here and row.asked != ("the backend",)] == []
