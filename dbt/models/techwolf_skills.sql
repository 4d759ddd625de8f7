with named as (
    select skill_id, skill, exported_at
    from {{ ref('stg_techwolf__employee_task_skills') }}
    where is_kept
    union all
    select skill_id, skill, exported_at
    from {{ ref('stg_techwolf__job_task_skills') }}
    where is_kept
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

select skill_id, skill
from counted
where recency = 1
