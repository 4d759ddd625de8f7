with tasks as (
    select
        task_id,
        task,
        row_number() over (
            partition by task_id
            order by exported_at desc nulls last, task
        ) as recency
    from (
        select task_id, task, exported_at from {{ ref('techwolf_employee_tasks') }}
        union all
        select task_id, task, exported_at from {{ ref('techwolf_job_tasks') }}
    ) as named
    where task is not null
)

select
    targets.external_id as employee_id,
    targets.version,
    targets.element_id as task_id,
    tasks.task
from (
    {{ techwolf.identified_elements(
        '(' ~ techwolf.current_export('employee_ai_goals') ~ ') as goals',
        ['external_id', 'version'], 'target_tasks', 'task_id'
    ) }}
) as targets
left join tasks
    on tasks.task_id = targets.element_id and tasks.recency = 1
