select
    employee_id,
    version,
    -- A version that was retracted stays in the table, with an older exported_at.
    row_number() over (
        partition by employee_id
        order by exported_at desc nulls last, version desc nulls last
    ) = 1 as is_latest,
    goal,
    description,
    job_id,
    created_on,
    last_updated,
    exported_at
from {{ ref('stg_techwolf__ai_goals') }}
