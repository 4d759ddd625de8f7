select
    external_id as job_id,
    task_id,
    element_id as source_id
from ({{ techwolf.task_parts('job_task_profiles', 'source_data', 'external_id') }}) as entries
