"""The service's model schemas, as JSON files: data, no code."""
