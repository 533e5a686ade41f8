"""The client of the service, against servers that behave badly."""
