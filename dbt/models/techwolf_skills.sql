select skill_id, skill
from (
    select
        skill_id,
        skill,
        row_number() over (
            partition by skill_id
            -- The newest of the names there are; of several in one pass, always the same one.
            order by case when skill is null then 1 else 0 end, exported_at desc nulls last, skill
        ) as recency
    from (
    {%- for table in ['employee_task_profiles', 'job_task_profiles'] %}
        select
            element_id as skill_id,
            {{ techwolf.json_text('element', 'skill') }} as skill,
            exported_at
        from ({{ techwolf.task_parts(table, 'linked_skills', 'skill_id') }}) as {{ table }}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    ) as named
) as counted
where recency = 1
