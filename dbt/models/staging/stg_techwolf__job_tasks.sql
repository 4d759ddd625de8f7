{{ techwolf.staged_tasks('job_task_profiles', 'source_data') }}
