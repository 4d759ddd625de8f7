"""The company resembles a real one, and changes as tests ask."""

from __future__ import annotations

import re

import pytest

from sandbox.company import Company


def test_the_same_seed_makes_the_same_company() -> None:
    one, same, other = Company(seed=7), Company(seed=7), Company(seed=8)
    said, same_said, other_said = (
        [
            (entity.position, entity.skills, entity.unit_id, entity.job_id)
            for entity in company.entities()
        ]
        for company in (one, same, other)
    )
    assert said == same_said != other_said


def test_the_company_is_like_a_real_one() -> None:
    company = Company()
    employees = company.employees
    tasks = [task for entity in company.entities() for task in entity.tasks]
    assert {task.state for task in tasks} == {"validated", "suggested", "rejected"}
    assert {task.kind.level for task in tasks} == {"H1", "H2", "H3"}
    assert any(task.kind.hours is None for task in tasks)
    assert any(not employee.is_active for employee in employees)
    assert any(not entity.tasks for entity in company.jobs)
    assert any(len(employee.goals) > 1 for employee in employees)
    stretch = "".join("x" if employee.goals else " " for employee in employees).split("x")
    assert max(map(len, stretch)) > 100
    assert len({job.job_family_id for job in company.jobs}) > 3


def test_units_positions_jobs_and_skills_fit_together() -> None:
    company = Company()
    vocabulary = {skill.external_id for skill in company.skills}
    profiles = [one for entity in company.entities() for one in entity.skills]
    goals = [goal for employee in company.employees for goal in employee.goals]
    assert {one.skill.external_id for one in profiles} < vocabulary
    assert {skill_id for goal in goals for skill_id in goal.skill_ids} < vocabulary
    assert {one.default_name is None for one in company.skills} == {True, False}
    assert {one.is_in_taxonomy for one in company.skills} == {True, False}

    jobs = {job.external_id: job for job in company.jobs}
    assert len(jobs) == len(company.jobs)
    assert all(re.fullmatch(r"JOB-[0-9]{4,5}", job_id) for job_id in jobs)
    units = {unit.external_id: unit for unit in company.units}
    holders = [employee for employee in company.employees if employee.job_id]
    for employee in holders:
        job = jobs[str(employee.job_id)]
        assert str(employee.position).startswith(str(job.position))
        assert employee.job_family_id == job.job_family_id
    assert all(one.unit_id in units for one in company.employees if one.unit_id)
    gaps = [
        {one.skill.external_id for one in jobs[str(employee.job_id)].skills}
        - {one.skill.external_id for one in employee.skills}
        for employee in holders
    ]
    assert any(gaps)
    assert not all(gaps)

    lacks = ("job_id", "position", "unit_id", "location", "skills")
    for attribute in lacks:
        has = [bool(getattr(employee, attribute)) for employee in company.employees]
        assert 0.5 < sum(has) / len(has) < 1
    assert {unit.is_active for unit in units.values()} == {True, False}
    assert any(" / " in unit.name for unit in units.values())
    assert len({unit.name for unit in units.values()}) < len(units)


def test_employees_are_counted_in_their_unit_and_all_above() -> None:
    company = Company(employees=50)
    leaf = next(unit for unit in company.units if unit.name == "Site Reliability")
    for employee in company.employees:
        employee.unit_id = None
    company.employees[0].unit_id = leaf.external_id
    counted = [unit for unit in company.units if company.headcounts()[unit.external_id] == 1]
    names = {"Site Reliability", "Platform", "Engineering", "Product and Technology"}
    assert {unit.name for unit in counted} == names
    root = next(unit for unit in counted if unit.parent_id is None)
    root.parent_id = leaf.external_id  # A cycle, which counts everybody once.
    assert company.headcounts()[root.external_id] == 1


def test_a_changed_goal_moves_the_employee_as_the_company_is_set() -> None:
    for moves in (True, False):
        company = Company(employees=20, goals_move_filter=moves)
        employee = next(one for one in company.employees if one.goals)
        before, versions = employee.last_updated, len(employee.goals)
        tasks = len(employee.tasks)
        company.change_goal(employee)
        assert len(employee.goals) == versions + 1
        assert len(employee.tasks) == tasks
        assert employee.goals[-1].last_updated > before
        assert (employee.last_updated > before) is moves


def test_a_first_goal_can_be_given_to_an_employee_without_one() -> None:
    company = Company(employees=200)
    employee = next(one for one in company.employees if not one.goals)
    company.change_goal(employee)
    assert [goal.version for goal in employee.goals] == [1]


def test_a_removed_employee_or_job_is_gone_for_good() -> None:
    company = Company(employees=5, jobs=5)
    employee, job = company.employees[2], company.jobs[3]
    company.remove(employee)
    company.remove(job)
    assert employee not in company.employees
    assert job not in company.jobs
    assert (len(company.employees), len(company.jobs)) == (4, 4)
    with pytest.raises(ValueError, match="no such"):
        company.remove(employee)
