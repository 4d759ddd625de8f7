{{ techwolf.staged_task_parts(
    ref('stg_techwolf__employee_tasks'), 'employee_id', 'linked_skills',
    {'skill_id': ['skill_id', 'text'], 'skill': ['skill', 'text']},
) }}
