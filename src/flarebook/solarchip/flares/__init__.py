"""Flare classification: baselines, fine-tuning, scores, comparison."""
