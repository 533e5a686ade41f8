"""Measurements that people take by hand; CI does not run them."""
