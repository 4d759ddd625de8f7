{{ techwolf.task_columns('employee_task_profiles', 'employee_id') }}
