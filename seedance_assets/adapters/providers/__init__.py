"""The paid services behind the port `production.ports`, one package each."""
