{{ techwolf.staged_export('employee_skill_profiles') }}
