"""The exports of skills and matches return what their pages show, and more only if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import OPTIONAL_PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from sandbox.app import Sandbox

    Ask = Callable[..., requests.Response]

SKILLS = OPTIONAL_PATHS["skills"]
EMPLOYEE_SKILLS = OPTIONAL_PATHS["employee_skill_profiles"]
JOB_SKILLS = OPTIONAL_PATHS["job_skill_profiles"]


def properties(answer: requests.Response) -> set[str]:
    """The properties of all records, and of the skills in them."""
    assert answer.status_code == 200, answer.text
    records = answer.json()["records"]
    found = {name for record in records for name in record}
    return found | {f"skills.{name}" for one in records for held in one["skills"] for name in held}


@pytest.mark.parametrize(
    ("path", "include", "added"),
    [
        (EMPLOYEE_SKILLS, "skill_validation_state", {"skills.validation_state"}),
        (EMPLOYEE_SKILLS, "sources", {"skills.sources", "skills.source_events"}),
        (EMPLOYEE_SKILLS, "low_data_availability_flag", {"low_data_availability"}),
        (EMPLOYEE_SKILLS, "rejected_skills", set()),
        (JOB_SKILLS, "low_data_availability_flag", {"low_data_availability"}),
        (JOB_SKILLS, "proficiency_level", {"skills.proficiency_level"}),
        (JOB_SKILLS, "proficiency_float", {"skills.proficiency_float"}),
        (JOB_SKILLS, "critical", {"skills.critical"}),
    ],
)
def test_a_property_is_there_only_with_its_include(
    ask: Ask, path: str, include: str, added: set[str]
) -> None:
    without, with_include = properties(ask(path)), properties(ask(path, include=[include]))
    assert with_include - without == added
    assert without < with_include or not added


def test_rejected_skills_are_there_only_with_their_include(ask: Ask) -> None:
    def states(*more: str) -> set[str]:
        answer = ask(EMPLOYEE_SKILLS, include=["skill_validation_state", *more])
        return {
            held["validation_state"] for one in answer.json()["records"] for held in one["skills"]
        }

    assert states() == {"suggested", "validated"}
    assert states("rejected_skills") == {"suggested", "validated", "rejected"}


def test_an_employee_without_skills_has_an_empty_list(sandbox: Sandbox, ask: Ask) -> None:
    records = {one["external_id"]: one for one in ask(EMPLOYEE_SKILLS).json()["records"]}
    employee = next(one for one in sandbox.company.employees if not one.skills)
    shown = records[employee.external_id]
    assert shown == {"external_id": employee.external_id, "num_skill_events": 0, "skills": []}


def test_the_vocabulary_is_read_in_pages_and_names_follow_the_vendor(
    sandbox: Sandbox, ask: Ask
) -> None:
    first = ask(SKILLS, limit=200).json()
    rest = ask(SKILLS, limit=200, starting_after=first["next_starting_after"]).json()
    records = first["records"] + rest["records"]
    expected = [skill.external_id for skill in sandbox.company.skills]
    assert [record["skill_id"] for record in records] == expected
    nulls: dict[str, Any] = {}
    for record in records:
        nulls |= {name: record["skill_source"] for name, value in record.items() if value is None}
    taxonomy = {name for name in records[0] if name.startswith("taxonomy_")}
    assert nulls.keys() == taxonomy | {"default_skill_name", "default_skill_description"}
    [other] = ask(SKILLS, "?external_vendor=workday", limit=1).json()["records"]
    assert other["skill_id"] == records[0]["skill_id"]
    assert other["skill_name"] != records[0]["skill_name"]
