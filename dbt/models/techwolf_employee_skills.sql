select
    listed.employee_id,
    listed.skill_id,
    skills.skill,
    listed.validation_state,
    coalesce(listed.self_rated_proficiency_level, listed.inferred_proficiency_level) as proficiency_level,
    listed.exported_at
from {{ ref('stg_techwolf__employee_skills') }} as listed
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = listed.skill_id
where {{ techwolf.is_shown() }}
