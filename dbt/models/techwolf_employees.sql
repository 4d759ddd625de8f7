{%- set exports = [
    'ai_goals', 'employee_task_profiles', 'employees', 'employee_skill_profiles', 'employee_position_matches'
] -%}
with exported as (
    {%- for export in exports %}
    select employee_id, exported_at from {{ ref('stg_techwolf__' ~ export) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

everybody as (
    select employee_id, max(exported_at) as exported_at
    from exported
    group by employee_id
)

select
    everybody.employee_id,
    employees.active as is_active,
    employees.assigned_position,
    employees.organisational_unit as organisational_unit_id,
    units.name as organisational_unit,
    matches.job_id,
    matches.score as job_match_score,
    coalesce(employees.low_data_availability, profiles.low_data_availability) as has_low_data,
    employees.last_updated,
    everybody.exported_at
from everybody
left join {{ ref('stg_techwolf__employees') }} as employees
    on employees.employee_id = everybody.employee_id
left join {{ ref('stg_techwolf__organisational_units') }} as units
    on units.organisational_unit_id = employees.organisational_unit
left join {{ ref('stg_techwolf__employee_position_matches') }} as matches
    on matches.employee_id = everybody.employee_id
left join {{ ref('stg_techwolf__employee_skill_profiles') }} as profiles
    on profiles.employee_id = everybody.employee_id
