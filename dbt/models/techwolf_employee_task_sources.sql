select
    employee_id,
    task_id,
    source_id,
    event_type
from {{ ref('stg_techwolf__employee_task_sources') }}
where {{ techwolf.is_shown() }}
