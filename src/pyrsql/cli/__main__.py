"""`python -m pyrsql.cli` is `pyrsql`."""

from pyrsql.cli.main import main

main()
