"""Inside one run: its shots, signals, locks, log and events."""
