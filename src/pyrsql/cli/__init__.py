"""The command line: `pyrsql parse | check | format | explain | fields | indexes | query | serve`."""

from pyrsql.cli.main import main

__all__ = ["main"]
