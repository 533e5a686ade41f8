"""Resolve an unknown take from Dagster's UI: the same as `seedance ledger adopt` and `write-off`.

A job of one op, since it is a person's word about one take and makes nothing. What it did stands
on the shot's partition of `generation` too, as an observation.
"""

import asyncio
from typing import TYPE_CHECKING, Literal

import dagster as dg
from pydantic import Field

from seedance_assets.defs.assets.tables import world_metadata
from seedance_assets.defs.resources import ProductionResource, production_of
from seedance_assets.defs.runs.boundary import error_boundary
from seedance_assets.defs.show import THE_SHOW, Show

if TYPE_CHECKING:
    from seedance_assets.production.ordering.resolve_unknown import Resolution, UnknownTakeResolver

JOB = "resolve_unknown_take"
OP = "settle"


class Adopt(dg.Config):
    """The take is there: the service's Generations page shows it."""

    kind: Literal["adopt"] = "adopt"
    request_id: str = Field(
        description="Its request id on that page. The service is asked whether it knows the id."
    )


class WriteOff(dg.Config):
    """The take is not there, or is lost for good: the next run may buy it anew."""

    kind: Literal["write_off"] = "write_off"
    reason: str = Field(
        min_length=1, description="Where you looked and what you saw, for the take's history."
    )


class ResolveConfig(dg.Config):
    """A person's word about one take."""

    shot: str = Field(
        description="The shot whose take is unknown; or the take, e.g. sq010_sh010_t001."
    )
    decision: Adopt | WriteOff = Field(
        discriminator="kind",
        description="`adopt` with a request_id, or `write_off` with a reason. Both are free.",
    )


def build_resolve_unknown_take(show: Show = THE_SHOW) -> dg.JobDefinition:
    """The job `resolve_unknown_take`."""

    @dg.op(
        name=show.named(OP),
        required_resource_keys={show.production},
        out=dg.Out(dg.Nothing),
        description="Says what became of a take whose answer was lost. Free.",
    )
    def resolve(context: dg.OpExecutionContext, config: ResolveConfig) -> None:
        production = production_of(context, show)
        with error_boundary(context):
            resolved = _resolve(production, config, context.run_id)
        context.log.info("%s %s", resolved.done, resolved.next)
        facts = {
            **world_metadata(production.environment.scope),
            "what was done": resolved.done,
            "what to do next": resolved.next,
            "take": resolved.take.name,
            "state": resolved.take.state.value,
            "request_id": resolved.take.request_id or "",
        }
        context.log_event(
            dg.AssetObservation(
                show.key("generation"),
                partition=resolved.take.shot,
                description=resolved.done,
                metadata=facts,
            )
        )
        context.add_output_metadata(facts)

    @dg.job(
        name=show.named(JOB),
        executor_def=dg.in_process_executor,
        tags={"dagster/retry_on_asset_or_op_failure": "false"},
        description=(
            "Settle a take whose answer was lost (`unknown`). Look for it on the service's "
            "Generations page first; then say here, as the op's configuration, what you saw: "
            "`adopt` with its request id, or `write_off` with a reason. Buys nothing."
        ),
    )
    def resolve_unknown_take() -> None:
        resolve()

    return resolve_unknown_take


def _resolve(production: ProductionResource, config: ResolveConfig, run_id: str) -> "Resolution":
    from seedance_assets.adapters.ledger import open_ledger
    from seedance_assets.production.ordering.resolve_unknown import UnknownTakeResolver

    environment = production.environment
    ledger = open_ledger(environment.ledger_url)
    try:
        resolver = UnknownTakeResolver(ledger, environment.scope.key, run_id)
        if isinstance(config.decision, WriteOff):
            return resolver.write_off(config.shot, config.decision.reason)
        return asyncio.run(_adopt(production, resolver, config.shot, config.decision.request_id))
    finally:
        ledger.close()


async def _adopt(
    production: ProductionResource, resolver: "UnknownTakeResolver", name: str, request_id: str
) -> "Resolution":
    from seedance_assets.core.timing import FOR_A_PERSON

    with production.serve() as address:
        async with address.open(FOR_A_PERSON) as service:
            return await resolver.adopt(name, request_id, service)
