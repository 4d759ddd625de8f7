{{ techwolf.staged_export('skills') }}
