{#- Find removed employees and jobs, and tables in doubt. The README explains the rules. -#}

{% macro exports() %}
    {{ return(['employee_ai_goals', 'employee_task_profiles', 'job_task_profiles']) }}
{% endmacro %}

{#- The common table expressions of both queries below. -#}
{% macro removal_steps() -%}
    logged as (
        select *
        from ({{ techwolf.export('completed_passes') }}) as passes
        where stream is not null and began_at is not null
    ),

    exported as (
    {%- for table in techwolf.exports() %}
        select '{{ table }}' as stream, external_id, exported_at
        from ({{ techwolf.export(table) }}) as {{ table }}
        where external_id is not null
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    ),

    full_passes as (
        select
            stream,
            began_at,
            completed_at,
            record_count,
            row_number() over newest_first as recency,
            lead(began_at) over newest_first as previous_began_at,
            max(record_count) over (
                partition by stream order by began_at desc
                rows between 1 following and 10 following
            ) as largest_record_count
        from logged
        -- A pass that returned no records says nothing about removals.
        where is_full and record_count > 0
        window newest_first as (partition by stream order by began_at desc)
    ),

    -- The last full pass of each stream, which decides.
    deciding as (
        select *
        from full_passes
        where recency = 1
    ),

    exported_beside_log as (
        select
            exported.stream,
            exported.external_id,
            exported.exported_at,
            exported.exported_at < deciding.began_at as is_older,
            logged.stream is not null as is_logged,
            -- Of a pass that was still running when the deciding one started, which may have missed the row.
            logged.stream is not null
                and (logged.completed_at is null or logged.completed_at > deciding.began_at)
                as is_of_later_pass,
            deciding.previous_began_at is null
                or exported.exported_at > deciding.previous_began_at
                as is_after_previous
        from exported
        inner join deciding on deciding.stream = exported.stream
        left join logged
            on logged.stream = exported.stream and logged.began_at = exported.exported_at
    ),

    entities as (
        select
            stream,
            external_id,
            max(exported_at) as last_exported_at,
            count(*) as row_count,
            sum(case when not is_older then 1 else 0 end) as current_rows,
            sum(case when is_older and is_after_previous and not is_logged then 1 else 0 end)
                as unlogged_rows,
            count(*) = sum(case when is_older and not is_of_later_pass then 1 else 0 end)
                as is_outdated
        from exported_beside_log
        group by stream, external_id
    ),

    row_counts as (
        select
            stream,
            sum(row_count) as row_count,
            sum(current_rows) as current_rows,
            sum(unlogged_rows) as unlogged_rows,
            sum(case when is_outdated then row_count else 0 end) as outdated_rows
        from entities
        group by stream
    ),

    scopes as (
        select
            logged.stream,
            count(distinct logged.scope_hash) as scope_count,
            sum(case when logged.scope_hash is null then 1 else 0 end) as unknown_count
        from logged
        inner join deciding on deciding.stream = logged.stream
        where deciding.previous_began_at is null or logged.began_at >= deciding.previous_began_at
        group by logged.stream
    ),

    judged as (
        select
            deciding.stream,
            deciding.began_at > {{ techwolf.now_in_utc() }} as is_in_future,
            coalesce(row_counts.current_rows, 0) < deciding.record_count as misses_rows,
            coalesce(
                {{ techwolf.is_too_large_a_share(
                    'deciding.largest_record_count - deciding.record_count',
                    'deciding.largest_record_count'
                ) }},
                {{ techwolf.is_too_large_a_share(
                    'row_counts.outdated_rows', 'row_counts.row_count'
                ) }},
                false
            ) as removes_too_many,
            scopes.scope_count > 1 or scopes.unknown_count > 0 as changes_scope,
            coalesce(row_counts.unlogged_rows, 0) > 0 as has_unlogged_rows
        from deciding
        inner join scopes on scopes.stream = deciding.stream
        left join row_counts on row_counts.stream = deciding.stream
    )
{%- endmacro %}

{#- Whether a count exceeds the share of a total that may be removed at once. Null without a total. -#}
{% macro is_too_large_a_share(count, whole) %}
    {{ return(
        'cast(' ~ count ~ ' as decimal(18, 0)) > ' ~ techwolf.max_removed_share()
        ~ ' * cast(' ~ whole ~ ' as decimal(18, 0))'
    ) }}
{% endmacro %}

{#- The columns of judged that are doubts, and the message for each. -#}
{% macro doubts() %}
    {{ return({
        'is_in_future': 'its last full pass began in the future',
        'misses_rows': 'rows of its last full pass are missing',
        'removes_too_many': 'its last full pass brought far fewer records than expected',
        'changes_scope': 'its passes differ in what they let through',
        'has_unlogged_rows': 'an unfinished pass has overwritten rows',
    }) }}
{% endmacro %}

{#- A query: the employees and jobs that are removed. -#}
{% macro removed() %}
    with {{ techwolf.removal_steps() }}

    select
        entities.stream,
        entities.external_id,
        entities.last_exported_at,
        noticing.completed_at as noticed_at,
        entities.row_count
    from entities
    inner join judged on judged.stream = entities.stream
    -- The first full pass after the last one that returned the entity.
    inner join full_passes as noticing
        on noticing.stream = entities.stream
        and noticing.began_at > entities.last_exported_at
        and (
            noticing.previous_began_at is null
            or noticing.previous_began_at <= entities.last_exported_at
        )
    where entities.is_outdated
    {%- for doubt in techwolf.doubts() %}
        and not judged.{{ doubt }}
    {%- endfor %}
{% endmacro %}

{#- A query: the tables in doubt, in which nothing counts as removed, and why. -#}
{% macro removal_doubts() %}
    with {{ techwolf.removal_steps() }}
    {%- for doubt, words in techwolf.doubts().items() %}
    {{ '' if loop.first else 'union all' }}
    select stream, '{{ words }}' as doubt
    from judged
    where {{ doubt }}
    {%- endfor %}
{% endmacro %}
