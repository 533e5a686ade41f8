"""From an order to its end: sent once, recorded, waited for."""
