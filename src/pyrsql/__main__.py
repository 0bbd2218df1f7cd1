"""`python -m pyrsql` is `pyrsql`."""

from pyrsql.cli.main import main

main()
