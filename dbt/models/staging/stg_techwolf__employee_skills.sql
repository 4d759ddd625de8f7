{{ techwolf.staged_skills('employee_skill_profiles', {
    'self_rated_proficiency_level': ['self_rated_proficiency_level', 'number'],
    'inferred_proficiency_level': ['inferred_proficiency_level', 'number'],
}) }}
