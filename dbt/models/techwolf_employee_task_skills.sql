select
    listed.employee_id,
    listed.task_id,
    listed.skill_id,
    skills.skill
from {{ ref('stg_techwolf__employee_task_skills') }} as listed
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = listed.skill_id
where {{ techwolf.is_shown() }}
