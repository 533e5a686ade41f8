"""Sensors and schedules: what happens by itself, and what may buy once it is turned on."""
