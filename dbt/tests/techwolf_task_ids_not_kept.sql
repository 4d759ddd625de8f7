{{ config(
    enabled=techwolf.is_set('techwolf_history'),
    severity='warn',
    description='Streams whose newest pass returned under half of the task ids again that its employees or jobs had before. TechWolf seems to give the same tasks new ids: do not take appeared and vanished tasks for a change of work. Passes with fewer than ten of them do not count.'
) }}
{%- for kind in ['employee', 'job'] %}
select
    '{{ kind }}_task_profiles' as stream,
    count(*) as tasks_before,
    count(tasks.task_id) as tasks_kept
from (
    select distinct history.{{ kind }}_id, history.task_id
    from {{ ref('techwolf_' ~ kind ~ '_task_history') }} as history
    inner join {{ ref('stg_techwolf__' ~ kind ~ '_task_profiles') }} as profiles
        on profiles.{{ kind }}_id = history.{{ kind }}_id
    inner join (
        select max(exported_at) as exported_at
        from {{ ref('stg_techwolf__' ~ kind ~ '_task_profiles') }}
    ) as newest on newest.exported_at = profiles.exported_at
    where profiles.has_tasks
        and history.valid_from < newest.exported_at
        and (history.valid_to is null or history.valid_to >= newest.exported_at)
) as had
left join {{ ref('stg_techwolf__' ~ kind ~ '_tasks') }} as tasks
    on tasks.{{ kind }}_id = had.{{ kind }}_id and tasks.task_id = had.task_id and tasks.is_kept
having count(distinct had.{{ kind }}_id) >= 10 and count(tasks.task_id) * 2 < count(*)
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
