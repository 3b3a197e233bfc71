"""The ten line features, their distributions and embeddings."""
