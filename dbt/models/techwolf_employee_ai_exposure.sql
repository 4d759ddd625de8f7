{%- set levels = techwolf.ai_impact_levels() -%}
with exposure as (
    {{ techwolf.ai_exposure(
        'employee_id', ref('stg_techwolf__employee_task_profiles'), ref('stg_techwolf__employee_tasks')
    ) }}
)

select
    employees.employee_id,
    employees.is_active,
    employees.organisational_unit_id,
    exposure.tasks,
    exposure.tasks_without_hours,
    exposure.weekly_hours
    {%- for level in levels %},
    exposure.hours_{{ level }}
    {%- endfor %}
    {%- for level in levels %},
    exposure.share_{{ level }}
    {%- endfor %}
from {{ ref('techwolf_employees') }} as employees
left join exposure on exposure.employee_id = employees.employee_id
