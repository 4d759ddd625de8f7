{{ techwolf.staged_task_parts(
    ref('stg_techwolf__employee_tasks'), 'employee_id', 'source_events',
    {'source_id': ['external_id', 'text'], 'event_type': ['event_type', 'text']},
) }}
