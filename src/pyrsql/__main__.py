"""`python -m pyrsql` is `pyrsql`."""

from pyrsql.cli.main import main

if __name__ == "__main__":
    main()
