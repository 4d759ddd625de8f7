{{ techwolf.staged_task_parts(
    ref('stg_techwolf__job_tasks'), 'job_id', 'source_data', {'source_id': ['external_id', 'text']},
) }}
