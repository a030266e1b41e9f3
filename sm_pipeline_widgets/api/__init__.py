"""The Python twin of the magics: Pipeline, Execution, Target."""
