"""The table of rules for the documentation: `python -m seedance_assets.core.quality.catalogue`."""

import inspect
import re
import sys
from collections.abc import Iterator

from seedance_assets.core.quality import RULES, Family, Rule
from seedance_assets.core.quality.limits import PRESETS, QualityLimits

_LIMIT = re.compile(r"limits\.(\w+)")
_HEAD = """# The rules

Every clip is checked by these rules. This page is generated from the code
(`python -m seedance_assets.core.quality.catalogue > docs/quality-rules.md`); a test keeps it
up to date.

Set limits under `[quality]` in `production.toml`, for the show, for a sequence
(`[quality.sequences.NAME]`) or for a shot (`[quality.shots.NAME]`). `[quality.rules]` sets the
weight of a rule: `off`, `warn` or `fail`. Measurements are stored and verdicts are derived from
them, so changing a limit never decodes a clip again. All limits are starting values: no clip of
the live service has been measured yet.
"""


def catalogue() -> str:
    """The page, as Markdown."""
    return "\n".join([_HEAD, *_families(), *_limits()])


def _families() -> Iterator[str]:
    for family in Family:
        yield f"## {family.value}\n\n{family.sentence}\n"
        yield "| rule | requires | limits |\n|---|---|---|"
        for rule in RULES:
            if rule.family is family:
                limits = ", ".join(f"`{name}`" for name in _limits_of(rule)) or "exact"
                yield f"| `{rule.name}` | {rule.sentence} | {limits} |"
        yield ""


def _limits_of(rule: Rule) -> list[str]:
    """The limits that a rule's code reads, directly or through a function in its module."""
    source = inspect.getsource(rule.check)
    beside = vars(sys.modules[rule.check.__module__])
    called = (beside[name] for name in re.findall(r"\b(_\w+)\(", source) if name in beside)
    text = source + "".join(inspect.getsource(each) for each in called if inspect.isfunction(each))
    return [name for name in dict.fromkeys(_LIMIT.findall(text)) if name != "rules"]


def _limits() -> Iterator[str]:
    yield "## Limits and presets\n"
    yield f"| limit | meaning | {' | '.join(PRESETS)} |\n|---|---|{'---|' * len(PRESETS)}"
    for name, field in QualityLimits.model_fields.items():
        values = [_shown(getattr(preset, name)) for preset in PRESETS.values()]
        yield f"| `{name}` | {field.description} | {' | '.join(values)} |"
    yield ""


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{rule}: {level}" for rule, level in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(catalogue())
