{%- set levels = ['h1', 'h2', 'h3', 'other'] -%}
with jobs as (
    select job_id, has_tasks from {{ ref('stg_techwolf__job_task_profiles') }}
),

tasks as (
    select
        job_id,
        task_id,
        weekly_hours,
        case
            when ai_impact_level in ('H1', 'H2', 'H3') then lower(ai_impact_level)
            else 'other'
        end as ai_impact
    from {{ ref('stg_techwolf__job_tasks') }}
    where is_kept and coalesce(validation_state, '') <> 'rejected'
),

hours as (
    select
        jobs.job_id,
        jobs.has_tasks,
        count(tasks.task_id) as tasks,
        count(tasks.task_id) - count(tasks.weekly_hours) as tasks_without_hours,
        sum(tasks.weekly_hours) as weekly_hours
        {%- for level in levels %},
        sum(case when tasks.ai_impact = '{{ level }}' then coalesce(tasks.weekly_hours, 0) else 0 end)
            as hours_{{ level }}
        {%- endfor %}
    from jobs
    left join tasks on tasks.job_id = jobs.job_id
    group by jobs.job_id, jobs.has_tasks
)

select
    job_id,
    case when has_tasks then tasks end as tasks,
    case when has_tasks then tasks_without_hours end as tasks_without_hours,
    weekly_hours
    {%- for level in levels %},
    case when weekly_hours is not null then hours_{{ level }} end as hours_{{ level }}
    {%- endfor %}
    {%- for level in levels %},
    hours_{{ level }} / nullif(weekly_hours, 0) as share_{{ level }}
    {%- endfor %}
from hours
