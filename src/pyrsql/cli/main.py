"""The entry point, which says what to install where the extra is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec

INTERRUPTED = 130
"""The exit code after Ctrl-C, as that of a shell."""


def main() -> None:
    """Run the command line. Exit codes: 0 all is right, 1 a filter or sort is wrong, 2 wrong usage."""
    missing = [name for name in ("typer", "rich", "sqlalchemy", "fastapi") if find_spec(name) is None]
    if missing:
        sys.exit(f"The command line needs {', '.join(missing)}: install pyrsql with its extra 'cli'.")
    try:
        from pyrsql.cli.commands import app

        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
