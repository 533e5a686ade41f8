"""What a person does about takes that a kill has left in doubt: looks at the service, then says."""

from dataclasses import dataclass

from click.testing import CliRunner

from seedance_assets.cli.ledger import ledger as ledger_command
from seedance_assets.core.take import Take, TakeState
from tests.stage import Stage


@dataclass(frozen=True)
class Resolution:
    """One take in doubt, and what became of it."""

    take: str
    request_id: str | None

    @property
    def found(self) -> bool:
        return self.request_id is not None

    def __str__(self) -> str:
        if self.found:
            return f"{self.take}: killed before its answer; the service has it: adopted"
        return f"{self.take}: killed before it was sent; the service has none: written off"


def resolve(stage: Stage) -> list[Resolution]:
    """Settle every take in doubt with the commands that its message names."""
    return [_resolve(stage, take) for take in stage.takes() if take.state is TakeState.UNKNOWN]


def _resolve(stage: Stage, take: Take) -> Resolution:
    ours = {other.request_id for other in stage.takes()}
    lost = [
        order["request_id"]
        for order in stage.orders()
        if order["prompt"] == take.request["prompt"] and order["request_id"] not in ours
    ]
    arguments = ["adopt", take.name, lost[0]] if lost else ["write-off", take.name]
    done = CliRunner().invoke(ledger_command, arguments, env=stage.environ)
    assert done.exit_code == 0, f"{arguments}: {done.output} {done.exception!r}"
    return Resolution(take.name, lost[0] if lost else None)
