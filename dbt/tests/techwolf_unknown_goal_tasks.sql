{{ config(
    severity='warn',
    description='Tasks that AI goals target, but that no employee or job has.'
) }}
select goals.task_id, count(*) as goals
from {{ ref('techwolf_ai_goal_tasks') }} as goals
where goals.task_id not in (select task_id from {{ ref('techwolf_employee_tasks') }})
    and goals.task_id not in (select task_id from {{ ref('techwolf_job_tasks') }})
group by goals.task_id
