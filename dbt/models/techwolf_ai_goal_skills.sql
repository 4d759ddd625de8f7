select
    targets.employee_id,
    targets.version,
    targets.skill_id,
    skills.skill
from {{ ref('stg_techwolf__ai_goal_skills') }} as targets
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = targets.skill_id
where targets.is_kept
