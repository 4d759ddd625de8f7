{{ config(
    severity='warn',
    description='None of the skills that jobs ask for is in the vocabulary, so techwolf_skill_gaps is empty: the jobs have skill ids of another external_vendor, or the stream skills is not loaded.'
) }}
select count(*) as job_skills
from {{ ref('stg_techwolf__job_skills') }} as asked
left join {{ ref('stg_techwolf__skills') }} as vocabulary
    on vocabulary.skill_id = asked.skill_id
where asked.is_kept
having count(*) > 0 and count(vocabulary.skill_id) = 0
