"""An example project: two shows in one code location."""
