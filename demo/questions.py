"""Three questions, each a line of SQL over the models of `dbt/`."""

from __future__ import annotations

QUESTIONS = {
    "Which tasks does AI change most?": (
        "select task, count(*) as jobs, sum(weekly_hours) as hours from techwolf_job_tasks"
        " where ai_impact_level = 'H1' group by task order by hours desc nulls last, task limit 5"
    ),
    "Which skills do the goals need?": (
        "select skill, count(*) as employees from techwolf_ai_goal_skills"
        " join techwolf_ai_goals using (employee_id, version)"
        " where is_latest and skill is not null"
        " group by skill order by employees desc, skill limit 5"
    ),
    "Who has left?": (
        "select external_id, min(noticed_at) as noticed_at from techwolf_removed"
        " where stream = 'employee_task_profiles'"
        " group by external_id order by noticed_at, external_id"
    ),
}
