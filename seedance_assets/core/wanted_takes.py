"""Which takes of a shot a run wants."""

from collections.abc import Collection, Iterable

from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState, has_reached


def wanted_ordinals(
    options: RunOptions,
    shot: Shot,
    held: Iterable[Take],
    unreported: Collection[tuple[str, int]] = (),
    silent: Iterable[Take] = (),
) -> tuple[int, ...]:
    """Which takes of a shot's request are wanted; `held` are those that there are.

    `silent` are takes without sound that stand in for some of those.

    Those that the shot has already are always among them, even if the row asks for fewer: the
    latest report of a shot never goes back to fewer takes. A retake is bought once, however often
    the run that asks for it is tried again, and however often the same words ask for it before its
    result was reported: `unreported` are those purchases. A run that only collects wants whatever
    was paid for.
    """
    held = list(held)
    wanted = set(range(1, (options.takes or shot.takes) + 1))
    own = (take for take in (*held, *silent) if take.shot == shot.key)
    wanted.update(take.ordinal for take in own if has_reached(take.state, TakeState.SUCCEEDED))
    if not options.buy:
        wanted.update(take.ordinal for take in held if take.state.to_collect)
    if options.retake:
        bought = [take.ordinal for take in retakes_of(options, held, unreported)]
        there = [take.ordinal for take in held]
        wanted.add(max(bought) if bought else max(there, default=0) + 1)
    return tuple(sorted(wanted))


def retakes_of(
    options: RunOptions, held: Iterable[Take], unreported: Collection[tuple[str, int]]
) -> list[Take]:
    """The takes that were bought already as the retake that is asked for; none if none is."""
    if not options.retake:
        return []
    runs = {options.run_id, *options.same_runs}
    return [
        take
        for take in held
        if take.run_id in runs or (take.fingerprint, take.ordinal) in unreported
    ]
