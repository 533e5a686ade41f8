"""The emulator's state: jobs, their schedule, scenarios, and the workers that render."""
