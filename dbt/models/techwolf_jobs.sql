{%- set exports = ['job_task_profiles', 'job_skill_profiles'] -%}
with holders as (
    select matches.job_id, matches.employee_id, employees.assigned_position
    from {{ ref('stg_techwolf__employee_position_matches') }} as matches
    left join {{ ref('stg_techwolf__employees') }} as employees
        on employees.employee_id = matches.employee_id
    where matches.job_id is not null
),

held as (
    select job_id, count(distinct employee_id) as holders
    from holders
    group by job_id
),

positions as (
    select
        job_id,
        assigned_position,
        -- Of several that are as common, always the same one.
        row_number() over (partition by job_id order by count(*) desc, assigned_position) as place
    from holders
    where assigned_position is not null
    group by job_id, assigned_position
),

exported as (
    {%- for export in exports %}
    select job_id from {{ ref('stg_techwolf__' ~ export) }}
    union all
    {%- endfor %}
    select job_id from held
),

jobs as (
    select distinct job_id from exported
)

select
    jobs.job_id,
    positions.assigned_position as job,
    coalesce(held.holders, 0) as holders
from jobs
left join held on held.job_id = jobs.job_id
left join positions on positions.job_id = jobs.job_id and positions.place = 1
