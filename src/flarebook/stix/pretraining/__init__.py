"""Pretraining of encoders in domain."""
