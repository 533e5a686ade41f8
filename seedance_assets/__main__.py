"""`python -m seedance_assets` is the `seedance` command."""

from seedance_assets.cli import main

main()
