"""A take's state is turned into a status in one place: who may look at states at all."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "seedance_assets"
DEFINED = {"core/take.py"}
ASSESSING = {
    "core/assessment.py",
    "core/budget.py",  # what may be charged
    "core/failed_takes.py",
    "core/take_groups.py",
    "core/wanted_takes.py",
}
SHOWING = {"core/review.py"}  # the type of a field
MOVING = {
    *("adapters/ledger/ledger.py", "adapters/ledger/records.py", "adapters/ledger/reorder.py"),
    *("adapters/ledger/restore.py", "adapters/ledger/spending.py", "adapters/ledger/lease.py"),
    "production/delivery/fetching.py",
    "production/delivery/measuring.py",
    *("production/ordering/buying.py", "production/ordering/cancelling.py"),
    *("production/ordering/async_ledger.py", "production/ordering/orders.py"),
    *("production/ordering/resolve_unknown.py", "production/ordering/take_records.py"),
    "production/ordering/waiting.py",
}


def names_states(module: Path) -> bool:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return any(
        alias.name in {"TakeState", "has_reached", "INACTIVE_STATES"}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def test_only_these_modules_look_at_states_and_others_show_an_assessment() -> None:
    looking = {
        module.relative_to(PACKAGE).as_posix()
        for module in PACKAGE.rglob("*.py")
        if names_states(module)
    }

    assert looking - DEFINED == ASSESSING | SHOWING | MOVING
