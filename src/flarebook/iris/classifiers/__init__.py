"""Pre-flare classifiers: splits, training, scores, real-time use."""
