"""One verb of %pipeline per file."""
