"""What is said of runs: gates, seeds, comparisons, citations."""
