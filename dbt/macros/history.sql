{#- What changed over time. docs/history.md explains the rules. -#}

{#- A query: an exposure model as of the newest pass, to be added to those before. No rows if the model is
    older than the pass, or no profile has a list of tasks.

    - stream: the stream whose passes count
    - exposure: the exposure model
    - profiles: the task profiles of that stream
-#}
{% macro exposure_history(stream, exposure, profiles) %}
    with numbered as (
        select
            passes.began_at,
            passes.record_count,
            row_number() over (order by passes.began_at desc) as recency
        from ({{ techwolf.logged_passes() }}) as passes
        where passes.stream = '{{ stream }}'
    ),

    profiles as (
        select
            max(exported_at) as exported_at,
            sum(case when has_tasks then 1 else 0 end) as lists
        from {{ profiles }}
    )

    select exposure.*, newest.began_at as as_of
    from {{ exposure }} as exposure
    cross join profiles
    inner join numbered as newest on newest.recency = 1
    where profiles.lists > 0
        -- The pass may have been loaded after the profiles were read.
        and (profiles.exported_at >= newest.began_at or newest.record_count = 0)
        -- A clock was ahead.
        and newest.began_at <= {{ techwolf.now_in_utc() }}
    {%- if is_incremental() %}
        and not exists (select 1 from {{ this }} as known where known.as_of = newest.began_at)
    {%- endif %}
{% endmacro %}

{#- A statement: delete the rows of passes that were not loaded although a later one was. A pass that is no
    longer in the log is left alone. Empty on the first build. -#}
{% macro delete_passes_not_loaded(stream) %}
    {%- if is_incremental() %}
    delete from {{ this }}
    where as_of in (
        select began_at
        from (
            select
                passes.*,
                max(case when loaded_at is not null then began_at end)
                    over (partition by stream) as newest_loaded
            from ({{ techwolf.logged_passes() }}) as passes
            where stream = '{{ stream }}'
        ) as beside_newest
        where loaded_at is null and began_at < newest_loaded
    )
    {%- endif %}
{% endmacro %}

{#- The columns whose changes the history of tasks keeps. -#}
{% macro task_states() %}
    {{ return(['task', 'validation_state', 'weekly_hours', 'ai_impact_level']) }}
{% endmacro %}

{#- A condition: whether the state of a task differs between two relations. -#}
{% macro states_differ(one, other) %}
    {%- set conditions = [] -%}
    {%- for column in techwolf.task_states() -%}
        {%- do conditions.append(one ~ '.' ~ column ~ ' is distinct from ' ~ other ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return('(' ~ conditions | join(' or ') ~ ')') }}
{% endmacro %}

{#- A query: new states of tasks, and the states that they end, with the time at which they do. Both by the
    passes' clocks. Only what a profile says, or a removal, ends a state.

    - stream: the stream of the profiles
    - id: the column that identifies an employee or job
    - profiles: the task profiles
    - tasks: their tasks
-#}
{% macro task_history(stream, id, profiles, tasks) %}
    {%- set states = techwolf.task_states() %}
    with removed as (
        select
            removed.external_id as {{ id }},
            removed.last_exported_at,
            -- The start of the pass that noticed it.
            min(passes.began_at) as removed_at
        from {{ ref('techwolf_removed') }} as removed
        inner join ({{ techwolf.logged_passes() }}) as passes
            on passes.stream = removed.stream
            and passes.completed_at = removed.noticed_at
            and passes.began_at > removed.last_exported_at
        where removed.stream = '{{ stream }}'
            and passes.is_full
            and passes.loaded_at is not null
        group by removed.external_id, removed.last_exported_at
    ),

    listed as (
        select
            {{ id }},
            task_id,
            {{ states | join(', ') }},
            is_kept,
            exported_at
        from {{ tasks }}
    ),

    listed_at as (
        select {{ id }}, max(exported_at) as exported_at
        from listed
        group by {{ id }}
    ),
    {%- if is_incremental() %}

    known as (
        select {{ id }}, max(valid_from) as valid_from, max(valid_to) as valid_to
        from {{ this }}
        group by {{ id }}
    ),
    {%- endif %}

    profiles as (
        select
            profiles.{{ id }},
            profiles.has_tasks,
            profiles.exported_at,
            case
                -- A load came between the builds of the two tables.
                when listed_at.exported_at <> profiles.exported_at then 0
                -- A clock was ahead. Nothing would be newer than this for as long.
                when profiles.exported_at > {{ techwolf.now_in_utc() }} then 0
                {%- if is_incremental() %}
                -- The profile has been seen, or a clock went back.
                when profiles.exported_at <= known.valid_from or profiles.exported_at <= known.valid_to then 0
                {%- endif %}
                else 1
            end as is_new
        from {{ profiles }} as profiles
        left join listed_at on listed_at.{{ id }} = profiles.{{ id }}
        {%- if is_incremental() %}
        left join known on known.{{ id }} = profiles.{{ id }}
        {%- endif %}
    ),

    present as (
        select
            listed.{{ id }},
            listed.task_id,
            {%- for column in states %}
            listed.{{ column }},
            {%- endfor %}
            listed.exported_at as valid_from,
            -- Set if techwolf_keep_removed keeps its profile.
            removed.removed_at as valid_to
        from listed
        inner join profiles
            on profiles.{{ id }} = listed.{{ id }} and profiles.exported_at = listed.exported_at
        left join removed
            on removed.{{ id }} = listed.{{ id }} and listed.exported_at <= removed.last_exported_at
        where listed.is_kept and profiles.is_new = 1
    )
    {%- if not is_incremental() %}

    select
        {{ id }},
        task_id,
        {{ states | join(', ') }},
        valid_from,
        valid_to
    from present
    {%- else %},

    holding as (
        select
            {{ id }},
            task_id,
            {{ states | join(', ') }},
            valid_from
        from {{ this }}
        where valid_to is null
    ),

    ended as (
        select
            holding.*,
            case
                when {{ techwolf.states_differ('present', 'holding') }} and present.task_id is not null
                    then present.valid_from
                when present.task_id is null and profiles.has_tasks and profiles.is_new = 1
                    then profiles.exported_at
                when removed.last_exported_at >= holding.valid_from then removed.removed_at
            end as valid_to
        from holding
        left join profiles on profiles.{{ id }} = holding.{{ id }}
        left join present
            on present.{{ id }} = holding.{{ id }} and present.task_id = holding.task_id
        left join removed
            on removed.{{ id }} = holding.{{ id }}
            -- It may have come back since techwolf_removed was built.
            and (profiles.{{ id }} is null or profiles.exported_at <= removed.last_exported_at)
    )

    select
        {{ id }},
        task_id,
        {{ states | join(', ') }},
        valid_from,
        valid_to
    from ended
    where valid_to is not null
    union all
    select
        present.{{ id }},
        present.task_id,
        {%- for column in states %}
        present.{{ column }},
        {%- endfor %}
        present.valid_from,
        present.valid_to
    from present
    left join holding
        on holding.{{ id }} = present.{{ id }} and holding.task_id = present.task_id
    where holding.task_id is null or {{ techwolf.states_differ('present', 'holding') }}
    {%- endif %}
{% endmacro %}
