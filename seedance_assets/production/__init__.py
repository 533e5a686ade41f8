"""The line: what happens to a shot, in order. asyncio, and no Dagster."""
