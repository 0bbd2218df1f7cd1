"""The fields, relations and rights of a class."""
