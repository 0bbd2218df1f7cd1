"""Web frameworks and backends, put together."""
