"""Six questions, each a line of SQL over the models of `dbt/`."""

from __future__ import annotations

import re

# What is to be known of an answer on the demo's company.
NOTES = {
    "How many hours does AI change?": (
        "The company includes employees without a department. A department whose tasks have no "
        "hours is left out."
    ),
    "Which jobs have changed since last month?": (
        "The demo changes five jobs. Those that are not listed were given a task that they had "
        "before, or one that was rejected: they have the same tasks and hours."
    ),
    "And which tasks are these?": "The tasks of the jobs that have changed since last month.",
}

QUESTIONS = {
    "Which skills do the goals need?": (
        "select skill, count(*) as employees from techwolf_ai_goal_skills"
        " join techwolf_ai_goals using (employee_id, version)"
        " where is_latest and skill is not null"
        " group by skill order by employees desc, skill limit 5"
    ),
    "Which departments does AI change most?": (
        "select path, employees, weekly_hours, hours_h1, share_h1 from techwolf_unit_ai_exposure"
        " where organisational_unit_id in"
        " (select organisational_unit_id from techwolf_organisational_units where depth = 1)"
        " order by hours_h1 desc nulls last, path limit 5"
    ),
    "Who has no goal yet?": (
        "select employee_id, assigned_position, organisational_unit from techwolf_employees"
        " where coalesce(is_active, true)"
        " and employee_id not in (select employee_id from techwolf_ai_goals)"
        " order by organisational_unit, employee_id limit 5"
    ),
    "Whose job asks for skills that are not in their profile?": (
        "select employee_id, job, count(*) as skills from techwolf_skill_gaps"
        " join techwolf_jobs using (job_id) where employee_id in"
        " (select employee_id from techwolf_employees where coalesce(is_active, true))"
        " group by employee_id, job order by skills desc, employee_id limit 5"
    ),
    "Which jobs have changed since last month?": (
        "select coalesce(job, job_id) as job, weekly_hours_before as hours_before,"
        " weekly_hours_after as hours_after, tasks_appeared as appeared,"
        " tasks_vanished as vanished, tasks_moved as moved"
        " from techwolf_ai_exposure_changes left join techwolf_jobs using (job_id)"
        " where tasks_appeared + tasks_vanished + tasks_moved > 0"
        " or weekly_hours_before is distinct from weekly_hours_after"
        " order by abs(weekly_hours_difference) desc nulls last, job_id limit 5"
    ),
    "Which tasks does AI change most?": (
        "select task, count(*) as jobs, sum(weekly_hours) as hours from techwolf_job_tasks"
        " where ai_impact_level = 'H1' group by task order by hours desc nulls last, task limit 5"
    ),
}

# A clause's first word, if no parenthesis that began before it ends after it.
_CLAUSE = re.compile(
    r"(?<!left)(?<!distinct) "
    r"(?=(?:from|union all|left join|join|where|and|or|group by|order by) )"
    r"(?!(?:[^()]|\([^()]*\))*\))"
)


def in_lines(sql: str) -> str:
    """Return a query with a line for each clause that is not in parentheses."""
    return _CLAUSE.sub("\n", sql)
