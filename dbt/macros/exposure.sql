{#- The hours per week by AI impact level. -#}

{% macro ai_impact_levels() %}
    {{ return(['h1', 'h2', 'h3', 'other']) }}
{% endmacro %}

{#- A query: a row for each employee or job that has a task profile, with the hours of its tasks. In a
    profile without a list of tasks, every column except the id is null.

    - id: the column that identifies it
    - profiles: the task profiles
    - tasks: their tasks
-#}
{% macro ai_exposure(id, profiles, tasks) %}
    {%- set levels = techwolf.ai_impact_levels() %}
    with tasks as (
        select
            {{ id }},
            task_id,
            weekly_hours,
            case
                when ai_impact_level in ('H1', 'H2', 'H3') then lower(ai_impact_level)
                else 'other'
            end as ai_impact
        from {{ tasks }}
        where is_kept and coalesce(validation_state, '') <> 'rejected'
    ),

    hours as (
        select
            profiles.{{ id }},
            profiles.has_tasks,
            count(tasks.task_id) as tasks,
            count(tasks.task_id) - count(tasks.weekly_hours) as tasks_without_hours,
            sum(tasks.weekly_hours) as weekly_hours
            {%- for level in levels %},
            sum(case when tasks.ai_impact = '{{ level }}' then coalesce(tasks.weekly_hours, 0) else 0 end)
                as hours_{{ level }}
            {%- endfor %}
        from {{ profiles }} as profiles
        left join tasks on tasks.{{ id }} = profiles.{{ id }}
        group by profiles.{{ id }}, profiles.has_tasks
    )

    select
        {{ id }},
        case when has_tasks then tasks end as tasks,
        case when has_tasks then tasks_without_hours end as tasks_without_hours,
        weekly_hours
        {%- for level in levels %},
        case when weekly_hours is not null then hours_{{ level }} end as hours_{{ level }}
        {%- endfor %}
        {%- for level in levels %},
        hours_{{ level }} / nullif(weekly_hours, 0) as share_{{ level }}
        {%- endfor %}
    from hours
{% endmacro %}
