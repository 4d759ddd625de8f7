{{ techwolf.staged_export('employee_task_profiles') }}
