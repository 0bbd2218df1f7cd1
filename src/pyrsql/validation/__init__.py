"""Tree and schema -> plan."""
