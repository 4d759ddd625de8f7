{{ techwolf.staged_export('employees') }}
