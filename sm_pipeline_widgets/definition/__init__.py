"""Text to spec to definition JSON to graph: pure functions over frozen values."""
