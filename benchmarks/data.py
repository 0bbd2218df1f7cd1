"""The rows that every contender works on."""

from __future__ import annotations

CITIES = ("amsterdam", "berlin", "chicago", "dublin", "essen", "florence", "geneva", "hamburg", "istanbul", "jakarta")
ROWS = 1_000


def row(number: int) -> dict[str, int | str]:
    """The values of one user. No NULL, and no texts that differ by case alone: they are not at issue."""
    return {
        "id": number,
        "name": f"user{number}",
        "age": 18 + number * 7 % 60,
        "city": CITIES[number % len(CITIES)],
        "email": f"user {number}, (office)",
        "score": number * 37 % 1_000,
        "company_id": 1 + number % 5,
    }
