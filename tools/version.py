"""Check the tag of a release: `python -m tools.version v0.1.0` fails where the source has another version.

The changelog must have a section of that version, so that a release is never without one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def source_version() -> str:
    """The version that `pyrsql.__version__` gives."""
    text = (ROOT / "src" / "pyrsql" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def fault(tag: str, version: str, changelog: str) -> str | None:
    """Why a tag may not be released; None where it may.

    Args:
        tag: the name of the tag.
        version: the version of the source.
        changelog: the text of CHANGELOG.md.
    """
    if tag != f"v{version}":
        return f"the tag is {tag}, but pyrsql.__version__ is {version}: tag v{version}, or change src/pyrsql/version.py"
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        return f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'"
    return None


if __name__ == "__main__":
    sys.exit(fault(sys.argv[1], source_version(), (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
