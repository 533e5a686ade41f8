"""The domain: shots, requests, takes, rules and money. It knows no framework."""
