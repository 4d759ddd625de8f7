{{ config(
    severity='warn',
    description='The number of elements without an id in each array. No model contains them.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{%- set parts = [
    ('employee_ai_goals', none, 'target_skills', 'skill_id'),
    ('employee_ai_goals', none, 'target_tasks', 'task_id'),
    ('employee_task_profiles', none, 'tasks', 'task_id'),
    ('job_task_profiles', none, 'tasks', 'task_id'),
    ('employee_task_profiles', 'tasks', 'linked_skills', 'skill_id'),
    ('job_task_profiles', 'tasks', 'linked_skills', 'skill_id'),
    ('employee_task_profiles', 'tasks', 'source_events', 'external_id'),
    ('job_task_profiles', 'tasks', 'source_data', 'external_id'),
] -%}
{%- for table, outer_array, array, key in parts %}
{%- if outer_array %}
    {%- set relation = '(' ~ techwolf.tasks(table) ~ ') as tasks' -%}
    {%- set expression = techwolf.json_member('task', array) -%}
{%- else %}
    {%- set relation = '(' ~ techwolf.current_export(table) ~ ') as exported' -%}
    {%- set expression = array -%}
{%- endif %}
select '{{ table }}' as stream, '{{ array }}' as within, count(*) as elements
from ({{ techwolf.elements(relation, ['external_id'], expression) }}) as unnested
where {{ techwolf.json_text('element', key) }} is null
having count(*) > 0
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
