"""Figures of study 2."""
