"""Figures of study 1."""
