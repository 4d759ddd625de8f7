{{ config(
    enabled=techwolf.is_set('techwolf_history'),
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    pre_hook="{{ techwolf.delete_passes_not_loaded('job_task_profiles') }}",
) }}
{{ techwolf.exposure_history(
    'job_task_profiles',
    ref('techwolf_job_ai_exposure'),
    ref('stg_techwolf__job_task_profiles'),
) }}
