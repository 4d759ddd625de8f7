{{ techwolf.task_columns('job_task_profiles', 'job_id') }}
