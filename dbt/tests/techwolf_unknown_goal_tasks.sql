{{ config(
    severity='warn',
    description='Tasks that AI goals target, but that no employee or job has.'
) }}
with known as (
    select task_id
    from {{ ref('stg_techwolf__employee_tasks') }}
    where is_kept
    union all
    select task_id
    from {{ ref('stg_techwolf__job_tasks') }}
    where is_kept
)

select targets.task_id, count(*) as goal_count
from {{ ref('techwolf_ai_goal_tasks') }} as targets
left join known on known.task_id = targets.task_id
where known.task_id is null
group by targets.task_id
