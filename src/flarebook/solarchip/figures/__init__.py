"""Figures of study 3."""
