{{ techwolf.staged_export('employee_ai_goals') }}
