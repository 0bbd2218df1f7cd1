"""The version of the library. A release is tagged `v` and this version."""

from __future__ import annotations

__version__ = "0.1.0"
