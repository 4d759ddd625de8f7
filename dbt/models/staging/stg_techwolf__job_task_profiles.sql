{{ techwolf.staged_export('job_task_profiles') }}
