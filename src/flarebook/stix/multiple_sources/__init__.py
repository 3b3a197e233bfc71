"""Detection of multiple sources."""
