"""Text and tree: knows no model."""
