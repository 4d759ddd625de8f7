-- A task has its name where it was rejected, too.
with named as (
    select task_id, task, exported_at
    from {{ ref('stg_techwolf__employee_tasks') }}
    where is_kept
    union all
    select task_id, task, exported_at
    from {{ ref('stg_techwolf__job_tasks') }}
    where is_kept
),

tasks as (
    select
        task_id,
        task,
        row_number() over (
            partition by task_id
            order by exported_at desc nulls last, task asc
        ) as recency
    from named
    where task is not null
)

select
    targets.employee_id,
    targets.version,
    targets.task_id,
    tasks.task
from {{ ref('stg_techwolf__ai_goal_tasks') }} as targets
left join tasks
    on tasks.task_id = targets.task_id and tasks.recency = 1
where targets.is_kept
