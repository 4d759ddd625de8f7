select
    employee_id,
    task_id,
    task,
    validation_state,
    weekly_hours,
    ai_impact_level,
    ai_impact_rationale,
    exported_at
from {{ ref('stg_techwolf__employee_tasks') }}
where {{ techwolf.is_shown() }}
