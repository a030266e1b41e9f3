"""Known failures as data: one row each, in files by family; the order within a file is from specific to general."""
