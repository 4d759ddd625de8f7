{{ techwolf.staged_export('organisational_units') }}
