"""Dagster's web server behind the request guard: a child process of `seedance ui`.

    python -P -m seedance_assets.cli.web_server --host H --port P -w workspace.yaml

Accepts the options of `dagster-webserver`; the guard's secret is in SEEDANCE_UI_TOKEN.
"""

import os
import sys

import dagster_webserver.app
import dagster_webserver.cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from seedance_assets.cli.request_guard import RequestGuard


def main() -> None:
    """Serve until a signal arrives."""
    token = os.environ.pop("SEEDANCE_UI_TOKEN")  # child processes do not need it
    host, port = _option("--host"), int(_option("--port"))

    class GuardedWebserver(DagsterWebserver):  # type: ignore[type-arg]  # Dagster's own generics
        def build_middleware(self) -> list[Middleware]:
            guard = Middleware(RequestGuard, token=token, host=host, port=port)
            return [guard, *super().build_middleware()]

    # Dagster allows a subclass to add middleware, but its command uses the class directly.
    dagster_webserver.app.__dict__["DagsterWebserver"] = GuardedWebserver
    dagster_webserver.cli.dagster_webserver()


def _option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


if __name__ == "__main__":
    main()
