{{ config(
    enabled=techwolf.is_set('techwolf_history'),
    severity='warn',
    description='How many employees and jobs have tasks without an end in the history, although it is not known what became of them: their profile has no list of tasks any more, as in hierarchy format, or their row is gone without a removal.'
) }}
{%- for kind in ['employee', 'job'] %}
select
    '{{ kind }}_task_profiles' as stream,
    case when profiles.{{ kind }}_id is null then 'no row' else 'no list of tasks' end as reason,
    count(distinct history.{{ kind }}_id) as entities
from {{ ref('techwolf_' ~ kind ~ '_task_history') }} as history
left join {{ ref('stg_techwolf__' ~ kind ~ '_task_profiles') }} as profiles
    on profiles.{{ kind }}_id = history.{{ kind }}_id
where history.valid_to is null and not coalesce(profiles.has_tasks, false)
group by case when profiles.{{ kind }}_id is null then 'no row' else 'no list of tasks' end
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
