select
    employee_id,
    task_id,
    skill_id,
    skill
from {{ ref('stg_techwolf__employee_task_skills') }}
where {{ techwolf.is_shown() }}
