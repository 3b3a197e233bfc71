"""Clusters, filtering, retrieval and anomalies in feature space."""
