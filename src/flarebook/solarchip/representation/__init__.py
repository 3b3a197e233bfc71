"""What the representations hold: retrieval, probes, ablations."""
