"""What all studies share: runs, results, figures, gates, provenance, data and the command line."""
