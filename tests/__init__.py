"""A package, because another one on the path may be called `tests` as well."""
