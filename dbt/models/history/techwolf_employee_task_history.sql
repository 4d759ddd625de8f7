{{ config(
    enabled=techwolf.is_set('techwolf_history'),
    materialized='incremental',
    unique_key=['employee_id', 'task_id', 'valid_from'],
    incremental_strategy='merge' if target.type == 'spark' else none,
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}
{{ techwolf.task_history(
    'employee_task_profiles',
    'employee_id',
    ref('stg_techwolf__employee_task_profiles'),
    ref('stg_techwolf__employee_tasks'),
) }}
