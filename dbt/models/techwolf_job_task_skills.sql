select
    job_id,
    task_id,
    skill_id,
    skill
from {{ ref('stg_techwolf__job_task_skills') }}
where {{ techwolf.is_shown() }}
