select
    job_id,
    task_id,
    source_id
from {{ ref('stg_techwolf__job_task_sources') }}
where {{ techwolf.is_shown() }}
