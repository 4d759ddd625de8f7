select
    external_id as employee_id,
    task_id,
    element_id as source_id,
    {{ techwolf.json_text('element', 'event_type') }} as event_type
from ({{ techwolf.task_parts('employee_task_profiles', 'source_events', 'external_id') }}) as events
