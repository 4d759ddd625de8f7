"""Employees, jobs, organisational units and skills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.vocabulary import TaskKind

_ENOUGH_SKILLS = 3


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


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of the vocabulary.

    Attributes:
        external_id: The skill's id.
        name: Its name in this company.
        default_name: TechWolf's name for it; None if the company made the skill itself.
        domain: Its domain.
        is_in_taxonomy: Whether the company's taxonomy has it.
        last_updated: What exports in another order sort by; no record has it.
        is_active: Whether exports show it.
    """

    external_id: str
    name: str
    default_name: str | None
    domain: str
    is_in_taxonomy: bool
    last_updated: datetime
    is_active: bool = True


@dataclass(slots=True)
class ProfileSkill:
    """A skill in a profile, with everything that a request can include.

    Attributes:
        skill: The skill.
        state: Its validation state.
        events: What an employee's skill was inferred from.
        self_rated: An employee's own rating, 1 to 5.
        level: The inferred level of an employee, 1 to 5, or the level that a job needs, 1 to 3.
        is_critical: Whether a job needs it above others.
        is_common: Whether the other jobs of the family need it; unknown if None.
    """

    skill: Skill
    state: str
    events: list[dict[str, str]] = field(default_factory=list)
    self_rated: int | None = None
    level: int | None = None
    is_critical: bool | None = None
    is_common: bool | None = None


@dataclass(slots=True)
class Unit:
    """An organisational unit."""

    external_id: str
    name: str
    is_active: bool
    parent_id: str | None
    last_updated: datetime


@dataclass(slots=True)
class Entity:
    """An employee or a job.

    Attributes:
        position: The title of the job, or of the position that is assigned to the employee.
        skills: The skill profile.
        job_id: The job that the employee holds; a job has none, as all that follows.
        match_score: How well the employee's skills match that job.
        unit_id: The employee's organisational unit.
        location: Where the employee works.
    """

    external_id: str
    last_updated: datetime
    is_active: bool
    job_family_id: str
    tasks: list[Task]
    goals: list[Goal] = field(default_factory=list)
    position: str | None = None
    skills: list[ProfileSkill] = field(default_factory=list)
    job_id: str | None = None
    match_score: float | None = None
    unit_id: str | None = None
    location: dict[str, float] | None = None

    @property
    def has_low_data(self) -> bool:
        """Whether too little is known for a good profile."""
        return len(self.skills) < _ENOUGH_SKILLS
