{{ config(
    severity='warn',
    description='The number of elements without an id in each list. No model contains them.'
) }}
{%- set lists = [
    ('employee_ai_goals', 'target_skills', ref('stg_techwolf__ai_goal_skills'), 'skill_id'),
    ('employee_ai_goals', 'target_tasks', ref('stg_techwolf__ai_goal_tasks'), 'task_id'),
    ('employee_task_profiles', 'tasks', ref('stg_techwolf__employee_tasks'), 'task_id'),
    ('employee_task_profiles', 'linked_skills', ref('stg_techwolf__employee_task_skills'), 'skill_id'),
    ('employee_task_profiles', 'source_events', ref('stg_techwolf__employee_task_sources'), 'source_id'),
    ('job_task_profiles', 'tasks', ref('stg_techwolf__job_tasks'), 'task_id'),
    ('job_task_profiles', 'linked_skills', ref('stg_techwolf__job_task_skills'), 'skill_id'),
    ('job_task_profiles', 'source_data', ref('stg_techwolf__job_task_sources'), 'source_id'),
    ('employee_skill_profiles', 'skills', ref('stg_techwolf__employee_skills'), 'skill_id'),
    ('job_skill_profiles', 'skills', ref('stg_techwolf__job_skills'), 'skill_id'),
] -%}
{%- for stream, list, relation, id in lists %}
select '{{ stream }}' as stream, '{{ list }}' as list_name, count(*) as elements
from {{ relation }}
where {{ id }} is null
having count(*) > 0
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
