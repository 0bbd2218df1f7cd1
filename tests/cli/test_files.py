"""CSV and Parquet files as they are found: the right rows, or a refusal that names the line."""

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from pyrsql.cli.database import columns_of, reflect_models
from pyrsql.cli.files import is_file, load
from pyrsql.errors import ConfigurationError


def rows_of(source: Path, data: bytes | None = None) -> list[dict[str, Any]]:
    """The rows of a file by their columns, without the key."""
    if data is not None:
        source.write_bytes(data)
    database = source.with_name("rows.db")
    load(source, database, lambda done, total: None)
    engine = create_engine(f"sqlite:///{database}")
    (model,) = reflect_models(engine).models.values()
    key, *columns = columns_of(model)
    with Session(engine) as session:
        rows: Any = session.scalars(select(model).order_by(getattr(model, key))).all()
        found = [{column: getattr(row, column) for column in columns} for row in rows]
    engine.dispose()
    database.unlink()
    return found


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("n\n5\n-7\n", {"n": 5}),
        ("n\n9223372036854775807\n-9223372036854775808\n", {"n": 2**63 - 1}),
        ("n\n9223372036854775808\n1\n", {"n": "9223372036854775808"}),
        ("n\n12345678901234567890123\n5\n", {"n": "12345678901234567890123"}),
        ("n\n01234\n99999\n", {"n": "01234"}),
        ("n\n+5\n", {"n": "+5"}),
        ("n\n1.5\n2\n-3e2\n", {"n": 1.5}),
        ("n\n12345678901234567890.123\n", {"n": "12345678901234567890.123"}),
        ("n\n9007199254740993\n1.5\n", {"n": "9007199254740993"}),
        ("n\n0.10000000000000001\n1.50\n0.0\n-0\n5e-324\n", {"n": 0.1}),
        ("n\n1e400\n", {"n": "1e400"}),
        ("n\n1e-400\n", {"n": "1e-400"}),
        ("n;m\n1,5;2\n", {"n": "1,5", "m": 2}),
        ("n\nnan\n1\n", {"n": "nan"}),
        ("n\ntrue\nFALSE\n", {"n": True}),
        ("n\nyes\nno\n", {"n": "yes"}),
        ("n\n1\n0\n", {"n": 1}),
        ("n\n2024-01-31\n", {"n": dt.date(2024, 1, 31)}),
        ("n\n2024-02-30\n", {"n": "2024-02-30"}),
        ("n\n01/02/2024\n", {"n": "01/02/2024"}),
        ("n\n2024-01-31T10:00\n2024-01-31 10:00:00.5\n", {"n": dt.datetime(2024, 1, 31, 10)}),
        ("n\n2024-01-31T10:00:00+02:00\n2024-01-31T10:00:00Z\n", {"n": dt.datetime(2024, 1, 31, 8)}),
        ("n\n0001-01-01T00:00:00+14:00\n", {"n": "0001-01-01T00:00:00+14:00"}),
        ("n\n9999-12-31T23:59:59-14:00\n", {"n": "9999-12-31T23:59:59-14:00"}),
        ("n\n2024-01-31T10:00:00Z\n2024-01-31T10:00:00\n", {"n": "2024-01-31T10:00:00Z"}),
        ("n\n23:59:59.123\n", {"n": dt.time(23, 59, 59, 123000)}),
        ("n,m\n,x\n", {"n": None, "m": "x"}),
        ("n,m\nNULL,x\n", {"n": "NULL", "m": "x"}),
        ("n\n" + "1\n" * 12_000 + "x\n", {"n": "1"}),
    ],
)
def test_a_column_has_the_type_of_all_its_values(tmp_path: Path, text: str, row: dict[str, Any]) -> None:
    assert rows_of(tmp_path / "rows.csv", text.encode())[0] == row


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ("\ufeffid,name\n1,é\n".encode(), [{"id": 1, "name": "é"}]),
        ("id,name\n1,é😀\n".encode("utf-16"), [{"id": 1, "name": "é😀"}]),
        ("id,name\n1,é\n".encode("utf-32"), [{"id": 1, "name": "é"}]),
        (b'id,name\n1,"a ""b"", c\nd"\n2,a"b\n', [{"id": 1, "name": 'a "b", c\nd'}, {"id": 2, "name": 'a"b'}]),
        (b"id;name\n1;a,b\n", [{"id": 1, "name": "a,b"}]),
        (b"id|name\r\n1| a \n", [{"id": 1, "name": " a "}]),
        (b"id,name\r1,a\r2,b", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]),
        (b"id,name\n1,a\n\n2,b\n\n", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]),
        (b"id,name\n1,a\n#2,b\n", [{"id": "1", "name": "a"}, {"id": "#2", "name": "b"}]),
        (b"name\nann\nbob\n", [{"name": "ann"}, {"name": "bob"}]),
        (b"id,,Name,name,name\n1,2,a,b,c\n", [{"id": 1, "column_2": 2, "Name": "a", "name_2": "b", "name_3": "c"}]),
        (b"row,a.b,_x,class\n1,2,3,4\n", [{"row": 1, "a_b": 2, "_x": 3, "class": 4}]),
        (b"nothing,order,select,filter\n1,2,3,4\n", [{"nothing": 1, "order": 2, "select": 3, "filter": 4}]),
        (b"id,name\n", []),
        (b"sep=;\r\nid;name\r\n1;a,b\r\n", [{"id": 1, "name": "a,b"}]),
        ('\ufeff"SEP=\t"\nid\tname\n1\ta;b\n'.encode("utf-16-le"), [{"id": 1, "name": "a;b"}]),
        (b'"id, or\nkey";name\n1;a\n', [{"id_ or_key": 1, "name": "a"}]),
        (b"row,ROW_NUMBER,row_2,row_3\n1,2,3,4\n", [{"row": 1, "ROW_NUMBER": 2, "row_2": 3, "row_3": 4}]),
    ],
)
def test_every_row_is_there(tmp_path: Path, data: bytes, rows: list[dict[str, Any]]) -> None:
    assert rows_of(tmp_path / "select nothing.csv", data) == rows
    (tmp_path / "zipped.csv.gz").write_bytes(gzip.compress(data))
    assert rows_of(tmp_path / "zipped.csv.gz") == rows


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "first line"),
        (b"\n1,2\n", "first line"),
        (b"sep=;\n", "first line"),
        ("id,name\n1,é\n".encode("latin-1"), "not UTF-8"),
        ("id,name\n1,a\n".encode("utf-16-le"), "UTF-16"),
        (b"id,name,x\n1,a\n", "line 2 has 2 fields, but the first line names 3"),
        (b"id,name\n" + b"1,a\n" * 30_000 + b"2,b,c\n", "line 30002 has 3 fields"),
        (b"# a report\n\nid,name\n1,a\n", "line 3 has 2 fields"),
        (b'id,name\n1,"abc\n2,b\n', "unexpected end of data"),
        (b'id,name\n1,"c"d\n', "line 2"),
        (b"id,name\n1," + b"x" * 17_000_000, "field larger"),
    ],
)
def test_a_file_that_could_be_read_wrongly_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        rows_of(tmp_path / "rows.csv", data)
    with pytest.raises(ConfigurationError, match="gzip"):
        rows_of(tmp_path / "rows.csv.gz", b"no gzip")
    with pytest.raises(ConfigurationError, match="end-of-stream"):
        rows_of(tmp_path / "cut.csv.gz", gzip.compress(b"id,name\n1,a\n")[:-9])


def test_the_types_of_parquet(tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    duckdb.sql(
        "COPY (SELECT 1::TINYINT AS small, 1.5::DECIMAL(10, 2) AS price, 1.5::DECIMAL(38, 2) AS exact, "
        "TIMESTAMPTZ '2024-01-31 10:00:00+02' AS moment, [1, 2] AS list, NULL::INTEGER AS nothing, "
        f"'\\x01'::BLOB AS bytes, 2::HUGEINT::DOUBLE AS big) TO '{source}'"
    )
    assert rows_of(source) == [
        {
            "small": 1,
            "price": 1.5,
            "exact": "1.50",
            "moment": dt.datetime(2024, 1, 31, 8),
            "list": [1, 2],
            "nothing": None,
            "bytes": b"\x01",
            "big": 2.0,
        }
    ]


def test_lists_and_structs_of_parquet_are_documents(tmp_path: Path) -> None:
    source = tmp_path / "nested.parquet"
    duckdb.sql(
        "COPY (SELECT {'day': DATE '2024-01-31', 'size': 2.50, 'far': 'infinity'::DOUBLE, 'no': 'nan'::DOUBLE, "
        f"'raw': '\\x01'::BLOB}} AS of, MAP {{DATE '2024-01-31': [1]}} AS by_day) TO '{source}'"
    )
    day = "2024-01-31"
    of = {"day": day, "size": "2.50", "far": "Infinity", "no": "NaN", "raw": "01"}
    assert rows_of(source) == [{"of": of, "by_day": {day: [1]}}]


@pytest.mark.parametrize("value", ["timestamp '20000-01-01'", "date '20000-01-01'", "date '0044-03-15 (BC)'"])
def test_a_date_that_python_lacks_is_refused(tmp_path: Path, value: str) -> None:
    source = tmp_path / "far.parquet"
    duckdb.execute(f"COPY (SELECT {value} AS at) TO '{source}' (FORMAT parquet)")
    with pytest.raises(ConfigurationError, match=r"far\.parquet: .* is no date of the years 1 to 9999"):
        rows_of(source)


def test_a_file_is_known_by_its_ending() -> None:
    assert all(map(is_file, ("a.csv", "a.CSV", "a.tsv", "a.csv.gz", "dir/a.parquet")))
    assert not any(map(is_file, ("a.db", "csv", "sqlite:///a.db", "a.xlsx")))
