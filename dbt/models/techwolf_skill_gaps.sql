-- Jobs may be exported with other skill ids than employees are. Then, all would seem to be missing.
with comparable as (
    select count(*) as skills
    from {{ ref('stg_techwolf__job_skills') }} as asked
    inner join {{ ref('stg_techwolf__skills') }} as vocabulary
        on vocabulary.skill_id = asked.skill_id
),

-- If no record has a list, the column was not loaded.
listed as (
    select count(*) as profiles
    from {{ ref('stg_techwolf__employee_skill_profiles') }}
    where has_skills
),

held as (
    select employee_id, skill_id
    from {{ ref('stg_techwolf__employee_skills') }}
    where is_kept and coalesce(validation_state, '') <> 'rejected'
)

select
    profiles.employee_id,
    asked.job_id,
    asked.skill_id,
    skills.skill,
    asked.is_critical
from {{ ref('stg_techwolf__employee_skill_profiles') }} as profiles
inner join {{ ref('stg_techwolf__employee_position_matches') }} as matches
    on matches.employee_id = profiles.employee_id
inner join {{ ref('stg_techwolf__job_skills') }} as asked
    on asked.job_id = matches.job_id
inner join comparable on comparable.skills > 0
inner join listed on listed.profiles > 0
left join held
    on held.employee_id = profiles.employee_id and held.skill_id = asked.skill_id
left join {{ ref('techwolf_skills') }} as skills
    on skills.skill_id = asked.skill_id
where held.skill_id is null
    and asked.is_kept
    and coalesce(asked.validation_state, '') <> 'rejected'
