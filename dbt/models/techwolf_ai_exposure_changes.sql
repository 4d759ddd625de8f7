{{ config(enabled=techwolf.is_set('techwolf_history')) }}
{%- set first_day = techwolf.day('techwolf_changes_from') -%}
{%- set last_day = techwolf.day('techwolf_changes_to') -%}
{%- if first_day and last_day and first_day > last_day -%}
    {{ exceptions.raise_compiler_error(
        "The variable techwolf_changes_from is later than techwolf_changes_to."
    ) }}
{%- endif -%}
{%- set values = ['weekly_hours'] -%}
{%- for level in techwolf.ai_impact_levels() -%}
    {%- do values.append('hours_' ~ level) -%}
{%- endfor -%}
{%- for level in techwolf.ai_impact_levels() -%}
    {%- do values.append('share_' ~ level) -%}
{%- endfor -%}
with last_pass as (
    select max(as_of) as as_of
    from {{ ref('techwolf_job_ai_exposure_history') }}
    {%- if last_day %}
    where {{ techwolf.utc_day('as_of') }} <= cast('{{ last_day }}' as date)
    {%- endif %}
),

days as (
    select
        as_of,
        {% if first_day -%}
        cast('{{ first_day }}' as date) as first_day
        {%- else -%}
        cast({{ dbt.dateadd('day', -30, techwolf.utc_day('as_of')) }} as date) as first_day
        {%- endif %}
    from last_pass
),

moments as (
    select
        coalesce(
            max(case when {{ techwolf.utc_day('history.as_of') }} <= days.first_day then history.as_of end),
            min(history.as_of)
        ) as as_of_before,
        max(history.as_of) as as_of_after
    from days
    inner join {{ ref('techwolf_job_ai_exposure_history') }} as history on history.as_of <= days.as_of
),

jobs_before as (
    select history.*
    from moments
    inner join {{ ref('techwolf_job_ai_exposure_history') }} as history
        on history.as_of = moments.as_of_before
),

jobs_after as (
    select history.*
    from moments
    inner join {{ ref('techwolf_job_ai_exposure_history') }} as history
        on history.as_of = moments.as_of_after
),

jobs as (
    select distinct job_id
    from (
        select job_id from jobs_before
        union all
        select job_id from jobs_after
    ) as both_sides
),

-- As in the hours, rejected tasks do not count.
tasks_then as (
    select
        history.job_id,
        history.task_id,
        history.ai_impact_level,
        case
            when history.valid_from <= moments.as_of_before
                and (history.valid_to is null or history.valid_to > moments.as_of_before)
                then 1
            else 0
        end as is_before,
        case
            when history.valid_from <= moments.as_of_after
                and (history.valid_to is null or history.valid_to > moments.as_of_after)
                then 1
            else 0
        end as is_after
    from {{ ref('techwolf_job_task_history') }} as history
    cross join moments
    where coalesce(history.validation_state, '') <> 'rejected'
),

tasks_compared as (
    select
        job_id,
        task_id,
        max(is_before) as is_before,
        max(is_after) as is_after,
        coalesce(max(case when is_before = 1 then ai_impact_level end), '') as level_before,
        coalesce(max(case when is_after = 1 then ai_impact_level end), '') as level_after
    from tasks_then
    group by job_id, task_id
),

tasks_counted as (
    select
        job_id,
        sum(case when is_before < is_after then 1 else 0 end) as tasks_appeared,
        sum(case when is_before > is_after then 1 else 0 end) as tasks_vanished,
        sum(case when is_before = 1 and is_after = 1 and level_before <> level_after then 1 else 0 end)
            as tasks_moved
    from tasks_compared
    group by job_id
)

select
    jobs.job_id,
    moments.as_of_before,
    moments.as_of_after
    {%- for value in values %},
    jobs_before.{{ value }} as {{ value }}_before,
    jobs_after.{{ value }} as {{ value }}_after,
    jobs_after.{{ value }} - jobs_before.{{ value }} as {{ value }}_difference
    {%- endfor %},
    coalesce(tasks_counted.tasks_appeared, 0) as tasks_appeared,
    coalesce(tasks_counted.tasks_vanished, 0) as tasks_vanished,
    coalesce(tasks_counted.tasks_moved, 0) as tasks_moved
from jobs
cross join moments
left join jobs_before on jobs_before.job_id = jobs.job_id
left join jobs_after on jobs_after.job_id = jobs.job_id
left join tasks_counted on tasks_counted.job_id = jobs.job_id
