"""The company whose data the sandbox serves: made from a seed, and changed on request."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.vocabulary import FAMILIES, GOALS, GRADES, RATIONALES, TaskKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMESPACE = uuid.UUID("6f1d2c52-5f0e-4a43-9a53-3d1f4f6d8b11")

# Employees at these positions, of each thousand, have no AI goal: the newest department
# has not begun to set any. Longer than the longest page.
_WITHOUT_GOALS = range(150, 390)


@dataclass(slots=True)
class Task:
    """A task in a profile, with all that could be included."""

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


class Company:
    """Employees and jobs, each in the order they were created.

    Attributes:
        employees: The employees.
        jobs: The jobs.
        clock_offset: How far the company's clock is from this machine's.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        employees: int = 640,
        jobs: int = 160,
        clock_offset: timedelta = timedelta(0),
    ) -> None:
        """Make a company.

        Args:
            seed: The same seed makes the same company.
            employees: How many employees there are.
            jobs: How many jobs there are.
            clock_offset: How far its clock is from this machine's.
        """
        self.clock_offset = clock_offset
        self._random = random.Random(seed)  # noqa: S311 - invented data
        self._changes = 0
        self.jobs = [self._job(number) for number in range(1, jobs + 1)]
        self.employees = [self._employee(number) for number in range(1, employees + 1)]

    def now(self) -> datetime:
        """Read the company's clock."""
        return datetime.now(UTC) + self.clock_offset

    def entities(self) -> Iterable[Entity]:
        """List all employees and jobs."""
        yield from self.employees
        yield from self.jobs

    def change(self, entity: Entity, at: datetime | None = None) -> None:
        """Change an employee or a job, what it has of tasks and goals included.

        Args:
            entity: What is changed.
            at: When; now if left out.
        """
        self._changes += 1
        entity.last_updated = at or self.now()
        entity.tasks.append(self._task(entity.job_family_id, f"changed-{self._changes}"))
        if entity.goals:
            newest = entity.goals[-1]
            entity.goals.append(
                self._goal(newest.version + 1, newest.job_id, entity.tasks, entity.last_updated)
            )

    def change_some(self, count: int) -> dict[str, list[str]]:
        """Change a few employees and jobs, chosen by the seed.

        Args:
            count: How many of each.

        Returns:
            The ids of the changed `employees`, of those of them `with_goals`, and `jobs`.
        """
        employees = self._random.sample(self.employees, min(count, len(self.employees)))
        jobs = self._random.sample(self.jobs, min(count, len(self.jobs)))
        for entity in (*employees, *jobs):
            self.change(entity)
        return {
            "employees": [employee.external_id for employee in employees],
            "with_goals": [employee.external_id for employee in employees if employee.goals],
            "jobs": [job.external_id for job in jobs],
        }

    def _job(self, number: int) -> Entity:
        family = self._random.choice(list(FAMILIES))
        title = f"{self._random.choice(GRADES)} {self._random.choice(FAMILIES[family][0])}".strip()
        external_id = f"{slug(title)}-{number:05d}"
        # Some jobs are new, and have no profile yet.
        tasks = self._tasks(family, external_id) if self._random.random() < 0.95 else []
        return Entity(external_id, self._past(), True, slug(family), tasks)

    def _employee(self, number: int) -> Entity:
        family = self._random.choice(list(FAMILIES))
        external_id = str(uuid.uuid5(_NAMESPACE, f"employee {number}"))
        tasks = self._tasks(family, external_id) if self._random.random() < 0.93 else []
        employee = Entity(
            external_id, self._past(), self._random.random() < 0.9, slug(family), tasks
        )
        if number % 1000 not in _WITHOUT_GOALS and self._random.random() < 0.8:
            job = self._random.choice(self.jobs).external_id if self.jobs else None
            for version in range(1, self._random.randint(1, 3) + 1):
                job_id = job if version > 1 else None
                employee.goals.append(self._goal(version, job_id, tasks, employee.last_updated))
        return employee

    def _tasks(self, family: str, owner: str) -> list[Task]:
        kinds = FAMILIES[family][1]
        chosen = self._random.sample(kinds, self._random.randint(2, len(kinds)))
        return [self._task(slug(family), f"{owner} {kind.name}", kind) for kind in chosen]

    def _task(self, family_id: str, origin: str, kind: TaskKind | None = None) -> Task:
        if kind is None:
            family = next(name for name in FAMILIES if slug(name) == family_id)
            kind = self._random.choice(FAMILIES[family][1])
        state = self._random.choices(("validated", "suggested", "rejected"), (6, 3, 1))[0]
        source = {
            "external_id": str(uuid.uuid5(_NAMESPACE, f"source {origin}")),
            "event_type": self._random.choice(("project", "job", "learning")),
        }
        return Task(slug(kind.name), kind, state, source)

    def _goal(
        self, version: int, job_id: str | None, tasks: list[Task], last_updated: datetime
    ) -> Goal:
        title, description = self._random.choice(GOALS)
        targets = tasks[:2]
        skills = {skill for task in targets for skill in task.kind.skills}
        return Goal(
            version=version,
            title=title,
            description=description,
            skill_ids=[skill_id(skill) for skill in sorted(skills)],
            task_ids=[task.task_id for task in targets],
            job_id=job_id,
            created_on=last_updated - timedelta(days=30),
            last_updated=last_updated,
        )

    def _past(self) -> datetime:
        """Choose a moment between ten days and two years ago."""
        minutes = self._random.randint(10 * 24 * 60, 730 * 24 * 60)
        return self.now() - timedelta(minutes=minutes)


def slug(name: str) -> str:
    """Make an id of a name: lower case letters, digits and '-'."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def skill_id(skill: str) -> str:
    """Give a skill its id."""
    return str(uuid.uuid5(_NAMESPACE, f"skill {skill}"))


def rationale(kind: TaskKind) -> str:
    """Say why a task is on its level."""
    return RATIONALES[kind.level]
