"""A folder for each show."""
