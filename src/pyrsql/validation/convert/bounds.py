"""The two bounds of a range."""

from __future__ import annotations

import datetime as dt
import decimal

from pyrsql.validation.convert.times import aware_moment, time_in_utc


def is_larger(low: object, high: object) -> bool:
    """Whether the first bound of a range is larger than the second. Only a database can tell that of texts.

    >>> is_larger(2, decimal.Decimal("1.5")), is_larger(dt.date(2024, 1, 2), dt.date(2024, 1, 2)), is_larger("b", "a")
    (True, False, False)
    """
    match low, high:
        case bool(), _:
            return False
        case int() | float() | decimal.Decimal(), int() | float() | decimal.Decimal():
            return low > high
        case dt.date(), dt.date():
            return aware_moment(low) > aware_moment(high)
        case dt.time(), dt.time():
            return time_in_utc(low) > time_in_utc(high)
        case dt.timedelta(), dt.timedelta():
            return low > high
        case _:
            return False
