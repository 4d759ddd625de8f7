{{ techwolf.staged_task_parts(
    ref('stg_techwolf__job_tasks'), 'job_id', 'linked_skills',
    {'skill_id': ['skill_id', 'text'], 'skill': ['skill', 'text']},
) }}
