"""Archives of maps, real and simulated, as one table."""
