"""The oldest release of each dependency that pyproject.toml admits: `python -m tools.lowest` prints them for pip.

They are constraints of a second installation, so that what pyproject.toml promises is tested.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

_FLOOR = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([0-9.]+)")


def lowest() -> Iterator[str]:
    """`name==version` of each dependency and of each dependency of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    written = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    floors: dict[str, str] = {}
    for requirement in written:
        found = _FLOOR.match(requirement)
        if found is None:
            raise SystemExit(f"{requirement!r} has no lowest version")
        name, version = found.groups()
        if floors.setdefault(name, version) != version:
            raise SystemExit(f"{name} has two lowest versions: {floors[name]} and {version}")
    return (f"{name}=={version}" for name, version in sorted(floors.items()))


if __name__ == "__main__":
    print("\n".join(lowest()))
