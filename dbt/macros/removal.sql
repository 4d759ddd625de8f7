{#- Which employees and jobs are removed, and which tables are in doubt. The README has it in words. -#}

{% macro exports() %}
    {{ return(['employee_ai_goals', 'employee_task_profiles', 'job_task_profiles']) }}
{% endmacro %}

{#- What both queries below begin with. -#}
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
            logged.*,
            row_number() over (partition by stream order by began_at desc) as recency
        from logged
        -- A pass that brought nothing says nothing about who is there.
        where is_full and record_count > 0
    ),

    -- The pass that decides, one for each stream.
    deciding as (
        select
            latest.stream,
            latest.began_at,
            latest.record_count,
            previous.began_at as previous_began_at,
            largest.record_count as largest_record_count
        from full_passes as latest
        left join full_passes as previous
            on previous.stream = latest.stream and previous.recency = 2
        left join (
            select stream, max(record_count) as record_count
            from full_passes
            where recency between 2 and 11
            group by stream
        ) as largest
            on largest.stream = latest.stream
        where latest.recency = 1
    ),

    exported_beside_log as (
        select
            exported.stream,
            exported.external_id,
            exported.exported_at,
            deciding.began_at,
            deciding.previous_began_at,
            logged.stream is not null as is_logged,
            -- The deciding pass may have missed what a pass beside it was still writing.
            logged.stream is not null
                and (logged.completed_at is null or logged.completed_at > deciding.began_at)
                as is_of_later_pass
        from exported
        inner join deciding on deciding.stream = exported.stream
        left join logged
            on logged.stream = exported.stream and logged.began_at = exported.exported_at
    ),

    outdated as (
        select
            stream,
            external_id,
            max(exported_at) as last_exported_at,
            count(*) as row_count
        from exported_beside_log
        group by stream, external_id
        having count(*) = sum(
            case when exported_at < began_at and not is_of_later_pass then 1 else 0 end
        )
    ),

    row_counts as (
        select
            stream,
            count(*) as row_count,
            sum(case when exported_at >= began_at then 1 else 0 end) as rows_since,
            sum(
                case
                    when exported_at >= began_at or is_logged then 0
                    when exported_at < began_at and previous_began_at is null then 1
                    when exported_at > previous_began_at then 1
                    else 0
                end
            ) as unlogged_rows
        from exported_beside_log
        group by stream
    ),

    outdated_counts as (
        select stream, sum(row_count) as row_count
        from outdated
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

    doubts as (
        select stream, 'its last full pass began in the future' as doubt
        from deciding
        where began_at > {{ techwolf.now_in_utc() }}

        union all

        select deciding.stream, 'rows of its last full pass are missing' as doubt
        from deciding
        left join row_counts on row_counts.stream = deciding.stream
        where coalesce(row_counts.rows_since, 0) < deciding.record_count

        union all

        select stream, 'its last full pass brought far fewer records than one before' as doubt
        from deciding
        where cast(largest_record_count - record_count as decimal(18, 0))
            > {{ techwolf.max_removed_share() }} * cast(largest_record_count as decimal(18, 0))

        union all

        select deciding.stream, 'its first full pass would remove too many rows' as doubt
        from deciding
        inner join row_counts on row_counts.stream = deciding.stream
        inner join outdated_counts on outdated_counts.stream = deciding.stream
        where deciding.previous_began_at is null
            and cast(outdated_counts.row_count as decimal(18, 0))
            > {{ techwolf.max_removed_share() }} * cast(row_counts.row_count as decimal(18, 0))

        union all

        select stream, 'its passes differ in what they let through' as doubt
        from scopes
        where scope_count > 1 or unknown_count > 0

        union all

        select stream, 'an unfinished pass has overwritten rows' as doubt
        from row_counts
        where unlogged_rows > 0
    )
{%- endmacro %}

{#- A query: the employees and jobs that are removed. -#}
{% macro removed() %}
    with {{ techwolf.removal_steps() }}

    select
        outdated.stream,
        outdated.external_id,
        outdated.last_exported_at,
        (
            select min(later.completed_at)
            from full_passes as later
            where later.stream = outdated.stream
                and later.began_at = (
                    select min(next_one.began_at)
                    from full_passes as next_one
                    where next_one.stream = outdated.stream
                        and next_one.began_at > outdated.last_exported_at
                )
        ) as noticed_at,
        outdated.row_count
    from outdated
    where outdated.stream not in (select doubts.stream from doubts)
{% endmacro %}

{#- A query: the tables in which nothing is removed for now, and why. -#}
{% macro removal_doubts() %}
    with {{ techwolf.removal_steps() }}

    select stream, doubt
    from doubts
{% endmacro %}
