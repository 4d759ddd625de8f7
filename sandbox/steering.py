"""Endpoints that the real API does not have: they read and steer the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI  # noqa: TC002 - FastAPI reads the annotations

from sandbox.faults import Fault  # noqa: TC001 - as above
from sandbox.moves import Move  # noqa: TC001 - as above
from sandbox.variants import Variants  # noqa: TC001 - as above

if TYPE_CHECKING:
    from sandbox.instance import Sandbox

PREFIX = "/sandbox/"


def add_steering(app: FastAPI, sandbox: Sandbox) -> None:
    """Add the endpoints to an application."""

    @app.get(PREFIX + "summary")
    async def summary() -> dict[str, Any]:
        return sandbox.summary()

    @app.post(PREFIX + "changes")
    async def changes(count: int = 5) -> dict[str, list[str]]:
        return sandbox.company.change_some(count)

    @app.post(PREFIX + "goal_changes")
    async def goal_changes(count: int = 5) -> dict[str, list[str]]:
        return sandbox.company.change_some_goals(count)

    @app.post(PREFIX + "removals")
    async def removals(count: int = 1, jobs: int = 0) -> dict[str, list[str]]:
        return sandbox.company.remove_some(count, jobs)

    @app.post(PREFIX + "moves")
    async def moves(move: Move) -> None:
        sandbox.moves.append(move)

    @app.post(PREFIX + "faults")
    async def faults(fault: Fault) -> None:
        sandbox.conditions.faults.append(fault)

    @app.post(PREFIX + "variants")
    async def variants(variants: Variants) -> None:
        sandbox.variants = variants
