"""One file per family of step types: their keys, and how each becomes JSON."""
