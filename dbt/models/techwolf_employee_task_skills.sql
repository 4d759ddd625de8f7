select
    external_id as employee_id,
    task_id,
    element_id as skill_id,
    {{ techwolf.json_text('element', 'skill') }} as skill
from ({{ techwolf.task_parts('employee_task_profiles', 'linked_skills', 'skill_id') }}) as skills
