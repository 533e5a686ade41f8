# `just` lists the recipes. Each is a plain command: without `just` (https://just.systems), type it.

# List the recipes.
default:
    @just --list

# Format, lint, types, import contracts.
check:
    ruff format --check .
    ruff check .
    mypy
    lint-imports

# The fast tests: about 70 s on two cores.
fast:
    pytest -m fast

# Every test.
test *arguments:
    pytest {{ arguments }}

# Write the generated pages anew.
docs:
    python -m seedance_assets.core.quality.catalogue > docs/quality-rules.md
    python -m tests.failures.table
    python -m benchmarks.agreement > docs/agreement.md
