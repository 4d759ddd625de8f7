{{ techwolf.staged_export('employee_position_matches') }}
