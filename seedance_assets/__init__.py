"""A shot list goes in; finished, checked video comes out."""

__version__ = "0.1.0"
