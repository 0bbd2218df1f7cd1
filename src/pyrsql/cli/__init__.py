"""The command line: `pyrsql parse | check | format | explain | fields | query | serve`."""

from pyrsql.cli.main import main

__all__ = ["main"]
