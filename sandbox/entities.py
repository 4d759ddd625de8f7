"""Employees and jobs, their tasks, and the AI goals of employees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.vocabulary import TaskKind


@dataclass(slots=True)
class Task:
    """A task in a profile, with everything that a request can include."""

    task_id: str
    kind: TaskKind
    state: str
    source: dict[str, str]


@dataclass(slots=True)
class Goal:
    """One version of an employee's AI goal."""

    version: int
    title: str
    description: str
    skill_ids: list[str]
    task_ids: list[str]
    job_id: str | None
    created_on: datetime
    last_updated: datetime


@dataclass(slots=True)
class Entity:
    """An employee or a job."""

    external_id: str
    last_updated: datetime
    is_active: bool
    job_family_id: str
    tasks: list[Task]
    goals: list[Goal] = field(default_factory=list)
