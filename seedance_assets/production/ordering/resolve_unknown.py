"""Unknown takes: what only a person can say, checked before the ledger believes it. Free."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from seedance_assets.adapters.ledger import Ledger
from seedance_assets.core.errors import UsageError
from seedance_assets.core.order_advice import being_ordered
from seedance_assets.core.take import Take, TakeState
from seedance_assets.core.take_groups import group_takes
from seedance_assets.production.ports import GenerationService

_LOST_AT_THE_SERVICE = frozenset({TakeState.SUBMITTED, TakeState.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Resolution:
    """A take that is no longer unknown."""

    take: Take
    done: str
    """One sentence."""
    next: str
    """What a person may do now."""


@dataclass(frozen=True, slots=True)
class UnknownTakeResolver:
    """Settles takes of one scope; `run_id` goes into their history."""

    ledger: Ledger
    scope: str
    run_id: str | None = None

    async def adopt(self, name: str, request_id: str, service: GenerationService) -> Resolution:
        """Believe that the take `name`, whose answer was lost, is the service's `request_id`.

        An order that is not resolved yet may be named too: its answer then finds its id there; and
        one that was written off, which becomes a further take if its place was bought anew. The
        service is asked first whether it knows the id. Raises `UsageError` if there is no such
        take or nothing to resolve, what the service raises for an id that it does not know, and
        `TransitionRefused` if the id is another take's.
        """
        request_id = request_id.strip()
        take = self._in_doubt(name, frozenset({TakeState.INTENT, TakeState.WRITTEN_OFF}))
        status = await service.status(request_id)
        take = self.ledger.move(
            take,
            TakeState.SUBMITTED,
            f"adopted by a person; the service says {status.state}",
            run_id=self.run_id,
            request_id=request_id,
            submitted_at=datetime.now(UTC),
            error_kind=None,
            error=None,
            ordinal=self._free_ordinal(take),
        )
        return Resolution(
            take,
            f"{take.name} is {request_id}; the service knows it, and says {status.state}.",
            f"Make shot {take.shot} again, or run `seedance collect`: it is collected for free.",
        )

    def write_off(self, name: str, reason: str = "") -> Resolution:
        """Believe that the take `name` is lost, or was never made; its shot may be bought anew.

        That goes for an unknown take, and for one that the service took and has lost. Raises
        `UsageError` if there is no such take or nothing to resolve.
        """
        take = self._in_doubt(name, _LOST_AT_THE_SERVICE)
        cause = ": ".join(filter(None, ("written off by a person", reason.strip())))
        take = self.ledger.move(take, TakeState.WRITTEN_OFF, cause, run_id=self.run_id)
        return Resolution(
            take,
            f"{take.name} is written off.",
            f"The next `seedance produce`, or run over shot {take.shot}, buys it again.",
        )

    def _free_ordinal(self, take: Take) -> int:
        """Its own, or the next: one that was written off may have been bought anew meanwhile."""
        held = {h.ordinal for h in self.ledger.holders(self.scope, take.fingerprint)}
        if take.state is not TakeState.WRITTEN_OFF or take.ordinal not in held:
            return take.ordinal
        return max(held) + 1

    def _in_doubt(self, name: str, also: frozenset[TakeState]) -> Take:
        take = self._named(name.strip())
        if self.ledger.order_is_abandoned(take):
            take = self.ledger.move(
                take,
                TakeState.UNKNOWN,
                "its process ended before an answer came",
                run_id=self.run_id,
            )
        if take.state not in {TakeState.UNKNOWN, *also}:
            ordered = take.state is TakeState.INTENT
            raise UsageError(
                f"take {take.name} is {take.state}, not unknown",
                advice=being_ordered(take) if ordered else "There is nothing to resolve.",
            )
        return take

    def _named(self, name: str) -> Take:
        """The take `name`; or the one take of the shot `name` that is unknown."""
        takes = self.ledger.takes(scope=self.scope)
        unknown = group_takes(takes, self.ledger.order_is_abandoned).unknown
        found = [take for take in takes if take.name == name]
        found = found or [take for take in unknown if take.shot == name]
        if len(found) == 1:
            return self.ledger.take(found[0].id)
        if found:
            raise UsageError(
                f"shot {name} has {len(found)} unknown takes", advice=f"Name one: {_names(found)}."
            )
        raise UsageError(
            f"the ledger has no take {name}, and no shot of that name with an unknown take",
            advice=f"In doubt: {_names(unknown) or 'none'}. `seedance ledger list` shows all.",
        )


def _names(takes: Iterable[Take]) -> str:
    return ", ".join(take.name for take in takes)
