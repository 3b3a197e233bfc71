"""The `flarebook` command: one module per study and one for the compendium."""
