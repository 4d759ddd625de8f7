{{ techwolf.staged_targets('target_tasks', 'task_id') }}
