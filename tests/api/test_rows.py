"""What the row of a record holds, in each format of the task profiles."""

from __future__ import annotations

from tap_techwolf.api.export import as_sent, task_profile

RECORD = {"external_id": "ada", "tasks": [{"id": "t-1"}]}
TREE = {"external_id": "ada", "Engineering": {"tasks": []}, "tasks": 5}


def test_a_list_of_tasks_leaves_the_hierarchy_empty() -> None:
    for config in ({}, {"task_profile_format": "list"}):
        row = task_profile(dict(RECORD), config)
        assert row == {"external_id": "ada", "tasks": [{"id": "t-1"}], "hierarchy": None}


def test_a_profile_without_tasks_has_both_columns() -> None:
    row = task_profile({"external_id": "ada"}, {})
    assert row == {"external_id": "ada", "tasks": None, "hierarchy": None}


def test_a_hierarchy_is_kept_whole_and_leaves_the_tasks_empty() -> None:
    row = task_profile(dict(TREE), {"task_profile_format": "hierarchy"})
    rest = {"Engineering": {"tasks": []}, "tasks": 5}
    assert row == {"external_id": "ada", "tasks": None, "hierarchy": rest}


def test_other_records_are_rows_as_they_are() -> None:
    assert as_sent(RECORD, {"task_profile_format": "hierarchy"}) is RECORD
