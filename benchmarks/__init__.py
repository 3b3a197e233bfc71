"""Speed claims of the compendium, each a ratio against a peer measured in the same run."""
