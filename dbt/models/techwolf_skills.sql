{%- set profiles = ['employee_task_skills', 'job_task_skills', 'employee_skills', 'job_skills'] -%}
with named as (
    {%- for profile in profiles %}
    select skill_id, skill, exported_at
    from {{ ref('stg_techwolf__' ~ profile) }}
    where is_kept
    union all
    {%- endfor %}
    -- Goals name no skills.
    select
        skill_id,
        cast(null as {{ techwolf.column_type('text') }}) as skill,
        cast(null as {{ techwolf.column_type('date-time') }}) as exported_at
    from {{ ref('stg_techwolf__ai_goal_skills') }}
    where is_kept
    union all
    select skill_id, skill_name as skill, exported_at
    from {{ ref('stg_techwolf__skills') }}
),

counted as (
    select
        skill_id,
        skill,
        row_number() over (
            partition by skill_id
            -- The newest of the names there are; of several in one pass, always the same one.
            order by
                case when skill is null then 1 else 0 end asc,
                exported_at desc nulls last,
                skill asc
        ) as recency
    from named
)

select
    counted.skill_id,
    coalesce(vocabulary.skill_name, counted.skill) as skill,
    vocabulary.skill_description as description,
    vocabulary.techwolf_domain as domain,
    vocabulary.skill_source as source
from counted
left join {{ ref('stg_techwolf__skills') }} as vocabulary
    on vocabulary.skill_id = counted.skill_id
where counted.recency = 1
