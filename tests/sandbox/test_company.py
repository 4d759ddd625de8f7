"""The company resembles a real one, and changes as tests ask."""

from __future__ import annotations

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
