"""How fast pyrsql is, beside what else one could do: `make bench`."""
