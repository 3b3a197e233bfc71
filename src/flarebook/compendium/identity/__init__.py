"""What the compendium is called and who made it: descriptions for machines, citations, the archive of a commit."""
