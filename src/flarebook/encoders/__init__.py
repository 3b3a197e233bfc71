"""Frozen vision encoders behind one interface."""
