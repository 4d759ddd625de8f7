{{ techwolf.staged_tasks('employee_task_profiles', 'source_events') }}
