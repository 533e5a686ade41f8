"""The emulator's clips: pictures, motion, sound and planted defects."""
