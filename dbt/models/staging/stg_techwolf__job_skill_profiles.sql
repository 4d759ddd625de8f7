{{ techwolf.staged_export('job_skill_profiles') }}
