"""pyrsql beside other libraries and beside pyrsql 0.0.6: `make compare` runs the examples of the docs in each."""
