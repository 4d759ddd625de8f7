select
    listed.job_id,
    listed.skill_id,
    skills.skill,
    listed.validation_state,
    listed.proficiency_level,
    listed.is_critical,
    listed.exported_at
from {{ ref('stg_techwolf__job_skills') }} as listed
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = listed.skill_id
where {{ techwolf.is_shown() }}
