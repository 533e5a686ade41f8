"""The assets and their checks: what each is made of, and what is shown of it."""
