"""The company whose data the sandbox serves: generated from a seed, changed on request."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.entities import Entity, Goal, ProfileSkill, Task, Unit
from sandbox.organisation import LOCATIONS, all_units, units_of
from sandbox.skills import all_skills, employee_skills, job_skills, match_score
from sandbox.vocabulary import FAMILIES, GOALS, GRADES, NAMESPACE, skill_id, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.entities import Skill
    from sandbox.vocabulary import TaskKind

__all__ = ["Company", "Entity"]

# In every thousand employees, those at these positions have no AI goal, as in a department
# that does not set goals yet. The range is longer than the longest page.
_WITHOUT_GOALS = range(150, 390)


class Company:
    """Employees, jobs, organisational units and skills, all in order of creation.

    Attributes:
        employees: The employees.
        jobs: The jobs.
        units: The organisational units.
        skills: The vocabulary of skills.
        clock_offset: How far the company's clock is ahead of this machine's.
        goals_move_filter: Whether a changed AI goal updates the employee's `last_updated`,
            which is what the `last_updated` filter compares. Not documented.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        employees: int = 640,
        jobs: int = 160,
        clock_offset: timedelta = timedelta(0),
        goals_move_filter: bool = True,
    ) -> None:
        """Create a company.

        Args:
            seed: The same seed creates the same company.
            employees: Number of employees.
            jobs: Number of jobs.
            clock_offset: How far its clock is ahead of this machine's.
            goals_move_filter: Whether a changed AI goal updates the employee.
        """
        self.clock_offset = clock_offset
        self.goals_move_filter = goals_move_filter
        self._random = random.Random(seed)  # noqa: S311 - invented data
        # What has a source of its own leaves the other data as they are.
        self._more_random = random.Random(f"{seed} units, positions and skills")  # noqa: S311
        self._changes = 0
        self._hires = employees
        self.units = all_units(self._more_random, self.now())
        self.skills = all_skills()
        self.jobs = [self._job(number) for number in range(1, jobs + 1)]
        self.employees = [self._employee(number) for number in range(1, employees + 1)]

    def now(self) -> datetime:
        """Return the time by the company's clock."""
        return datetime.now(UTC) + self.clock_offset

    def entities(self) -> Iterable[Entity]:
        """Yield all employees, then all jobs."""
        yield from self.employees
        yield from self.jobs

    def change(self, entity: Entity, at: datetime | None = None) -> None:
        """Change an employee or a job: a new task, a new skill, a new version of any AI goal.

        Args:
            entity: The employee or job.
            at: The time of the change; now by default.
        """
        self._changes += 1
        entity.last_updated = at or self.now()
        entity.tasks.append(self._task(entity.job_family_id, f"changed-{self._changes}"))
        held = {one.skill.external_id for one in entity.skills}
        if new := [skill for skill in self.skills if skill.external_id not in held]:
            skill = self._more_random.choice(new)
            level = self._more_random.randint(1, 3)
            entity.skills.append(ProfileSkill(skill, "validated", level=level))
        if entity.goals:
            self._add_goal_version(entity, entity.last_updated)

    def change_goal(self, employee: Entity, at: datetime | None = None) -> None:
        """Add a version of an employee's AI goal, and change nothing else.

        The employee's own `last_updated` follows only if `goals_move_filter` is set.

        Args:
            employee: The employee; one without a goal gets a first one.
            at: The time of the change; now by default.
        """
        at = at or self.now()
        self._add_goal_version(employee, at)
        if self.goals_move_filter:
            employee.last_updated = at

    def add_employee(self) -> Entity:
        """Add an employee, created and last updated now."""
        self._hires += 1
        employee = self._employee(self._hires)
        employee.last_updated = self.now()
        self.employees.append(employee)
        return employee

    def add_unit(self, name: str = "New Unit", parent_id: str | None = None) -> Unit:
        """Add an organisational unit, last updated now."""
        self._changes += 1
        unit = Unit(f"OU-new-{self._changes}", name, True, parent_id, self.now())
        self.units.append(unit)
        return unit

    def remove(self, entity: Entity | Unit | Skill) -> None:
        """Remove an employee, a job, a unit or a skill: no endpoint lists it any more.

        Args:
            entity: What to remove; records that refer to it keep its id.

        Raises:
            ValueError: The company does not have it.
        """
        groups: tuple[list[Any], ...] = (self.employees, self.jobs, self.units, self.skills)
        for group in groups:
            for position, one in enumerate(group):
                if one is entity:
                    del group[position]
                    return
        raise ValueError("The company has no such employee, job, unit or skill.")

    def headcounts(self) -> Counter[str]:
        """Return how many employees each unit has, active or not, with those of units below it."""
        parents = {unit.external_id: unit.parent_id for unit in self.units}
        counts: Counter[str] = Counter()
        for unit_id, number in Counter(one.unit_id for one in self.employees).items():
            above: set[str] = set()
            at = unit_id
            while at is not None and at not in above:
                above.add(at)
                at = parents.get(at)
            counts.update(dict.fromkeys(above, number))
        return counts

    def change_some(self, count: int) -> dict[str, list[str]]:
        """Change some employees and some jobs, chosen at random.

        Args:
            count: How many employees, and how many jobs.

        Returns:
            The ids of the changed `employees`, of those `with_goals`, and of the `jobs`.
        """
        employees, jobs = self._choose(self.employees, count), self._choose(self.jobs, count)
        for entity in (*employees, *jobs):
            self.change(entity)
        return _ids(employees, jobs)

    def change_some_goals(self, count: int) -> dict[str, list[str]]:
        """Change the AI goals of some employees who have one, chosen at random.

        Args:
            count: How many employees.

        Returns:
            As `change_some`, without jobs.
        """
        employees = self._choose([one for one in self.employees if one.goals], count)
        for employee in employees:
            self.change_goal(employee)
        return _ids(employees, [])

    def remove_some(self, employees: int = 1, jobs: int = 0) -> dict[str, list[str]]:
        """Remove some employees and jobs, chosen at random.

        Args:
            employees: How many employees leave.
            jobs: How many jobs are deleted.

        Returns:
            As `change_some`: the ids of what is gone.
        """
        leavers, deleted = self._choose(self.employees, employees), self._choose(self.jobs, jobs)
        for entity in (*leavers, *deleted):
            self.remove(entity)
        return _ids(leavers, deleted)

    def _choose(self, entities: list[Entity], count: int) -> list[Entity]:
        return self._random.sample(entities, min(count, len(entities)))

    def _add_goal_version(self, employee: Entity, at: datetime) -> None:
        version, job_id = 1, None
        if employee.goals:
            newest = employee.goals[-1]
            version, job_id = newest.version + 1, newest.job_id
        employee.goals.append(self._goal(version, job_id, employee.tasks, at))

    def _job(self, number: int) -> Entity:
        family = self._random.choice(list(FAMILIES))
        title = f"{self._random.choice(GRADES)} {self._random.choice(FAMILIES[family][0])}".strip()
        # As a company numbers them: neither in order nor without gaps.
        external_id = f"JOB-{1000 + number * 7919 % 90_000}"
        # Some jobs are new and have no profile yet.
        origin = f"{slug(title)}-{number:05d}"
        tasks = self._tasks(family, origin) if self._random.random() < 0.95 else []
        job = Entity(external_id, self._past(), True, slug(family), tasks, position=title)
        job.skills = job_skills(self._more_random, job)
        return job

    def _employee(self, number: int) -> Entity:
        family = self._random.choice(list(FAMILIES))
        external_id = str(uuid.uuid5(NAMESPACE, f"employee {number}"))
        tasks = self._tasks(family, external_id) if self._random.random() < 0.93 else []
        employee = Entity(
            external_id, self._past(), self._random.random() < 0.9, slug(family), tasks
        )
        if number % 1000 not in _WITHOUT_GOALS and self._random.random() < 0.8:
            job = self._random.choice(self.jobs).external_id if self.jobs else None
            for version in range(1, self._random.randint(1, 3) + 1):
                job_id = job if version > 1 else None
                employee.goals.append(self._goal(version, job_id, tasks, employee.last_updated))
        self._place(employee)
        return employee

    def _place(self, employee: Entity) -> None:
        """Give an employee a unit, a location, a position, a job and skills; some lack some."""
        chance = self._more_random
        if chance.random() < 0.95:
            employee.unit_id = chance.choice(units_of(employee.job_family_id))
        employee.location = chance.choice(LOCATIONS)
        jobs = [job for job in self.jobs if job.job_family_id == employee.job_family_id]
        job = chance.choice(jobs) if jobs else None
        if job and chance.random() < 0.96:
            employee.position = f"{job.position}{chance.choices(('', ' (interim)'), (6, 1))[0]}"
            if chance.random() < 0.97:
                employee.job_id = job.external_id
        needed = job.skills if job else []
        employee.skills = employee_skills(chance, employee, needed)
        if employee.job_id:
            employee.match_score = match_score(employee.skills, needed)

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
            "external_id": str(uuid.uuid5(NAMESPACE, f"source {origin}")),
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
        """Return a time between ten days and two years ago."""
        minutes = self._random.randint(10 * 24 * 60, 730 * 24 * 60)
        return self.now() - timedelta(minutes=minutes)


def _ids(employees: Sequence[Entity], jobs: Sequence[Entity]) -> dict[str, list[str]]:
    return {
        "employees": [employee.external_id for employee in employees],
        "with_goals": [employee.external_id for employee in employees if employee.goals],
        "jobs": [job.external_id for job in jobs],
    }
