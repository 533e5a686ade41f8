"""The outside world: each package here speaks with one part of it."""
