{{ techwolf.staged_targets('target_skills', 'skill_id') }}
