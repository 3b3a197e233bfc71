"""Runs beside each other: two of them in a table or on a page, and their headline numbers over commits."""
