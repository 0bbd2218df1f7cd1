"""One table on three PostgreSQL servers, and the same service on it."""
