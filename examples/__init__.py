"""Services built with pyrsql."""
