select
    targets.external_id as employee_id,
    targets.version,
    targets.element_id as skill_id,
    skills.skill
from (
    {{ techwolf.identified_elements(
        '(' ~ techwolf.current_export('employee_ai_goals') ~ ') as goals',
        ['external_id', 'version'], 'target_skills', 'skill_id'
    ) }}
) as targets
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = targets.element_id
