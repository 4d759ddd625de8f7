{{ config(
    enabled=techwolf.is_set('techwolf_history'),
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    pre_hook="{{ techwolf.delete_passes_not_loaded('employee_task_profiles') }}",
) }}
{{ techwolf.exposure_history(
    'employee_task_profiles',
    ref('techwolf_unit_ai_exposure'),
    ref('stg_techwolf__employee_task_profiles'),
) }}
