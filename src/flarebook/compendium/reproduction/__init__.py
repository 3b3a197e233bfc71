"""Figures and runs made a second time: what is identical, and by how much the rest differs."""
