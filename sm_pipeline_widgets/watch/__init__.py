"""Following executions and their logs while they run."""
