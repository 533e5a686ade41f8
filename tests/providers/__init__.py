"""Every provider behind the port, held to one contract."""
