{{ techwolf.staged_skills('job_skill_profiles', {
    'proficiency_level': ['proficiency_level', 'number'],
    'is_critical': ['critical', 'boolean'],
}) }}
