"""Jobs that are not the materialization of assets."""
