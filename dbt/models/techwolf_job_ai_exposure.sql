{{ techwolf.ai_exposure(
    'job_id', ref('stg_techwolf__job_task_profiles'), ref('stg_techwolf__job_tasks')
) }}
