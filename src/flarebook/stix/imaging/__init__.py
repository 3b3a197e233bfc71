"""Imaging from visibilities."""
