{#- Find removed employees and jobs, and tables in doubt. docs/removals.md explains the rules. -#}

{#- Common table expressions: the logged passes of each stream, beside the newest full one that is known
    to be loaded, which decides, and the loaded full one before it. -#}
{% macro pass_steps() -%}
    logged as (
        select
            passes.*,
            -- A full pass that returned no records says nothing about removals.
            case when is_full and record_count > 0 then 1 else 0 end as may_decide
        from ({{ techwolf.logged_passes() }}) as passes
    ),

    logged_beside_newest as (
        select
            logged.*,
            max(case when may_decide = 1 and loaded_at is not null then began_at end)
                over (partition by stream) as newest_began_at
        from logged
    ),

    passes as (
        select
            logged_beside_newest.*,
            max(case
                when may_decide = 1 and loaded_at is not null and began_at < newest_began_at
                    then began_at
            end) over (partition by stream) as previous_began_at
        from logged_beside_newest
    )
{%- endmacro %}

{#- The common table expressions of the queries below. -#}
{% macro removal_steps() -%}
    {{ techwolf.pass_steps() }},

    deciding as (
        select *
        from passes
        where began_at = newest_began_at
    ),

    exported as (
    {%- for table, export in techwolf.exports().items() %}
        select '{{ table }}' as stream, {{ export.key }} as external_id, exported_at
        from ({{ techwolf.export(table, [export.key, 'exported_at']) }}) as {{ table }}
        where {{ export.key }} is not null
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    ),

    exported_beside_log as (
        select
            exported.stream,
            exported.external_id,
            exported.exported_at,
            case when exported.exported_at < deciding.began_at then 1 else 0 end as is_older,
            case
                -- A pass that was not over may have written the row after the deciding one had read it.
                when passes.completed_at >= deciding.began_at then 0
                -- Two loaded full passes have not returned it.
                when exported.exported_at < deciding.previous_began_at then 1
                when passes.completed_at is null then 0
                -- Nor is it known when a full pass took place that was not loaded: without a state, and
                -- after a clock went back, it may be newer than the deciding one.
                when passes.is_full and passes.loaded_at is null
                    and deciding.previous_began_at is not null then 0
                else 1
            end as is_evidence
        from exported
        inner join deciding on deciding.stream = exported.stream
        left join passes
            on passes.stream = exported.stream and passes.began_at = exported.exported_at
    ),

    entities as (
        select
            stream,
            external_id,
            max(exported_at) as last_exported_at,
            count(*) as row_count,
            sum(1 - is_older) as current_row_count,
            min(is_older) = 1 as is_outdated,
            min(is_evidence) = 1 as is_proven
        from exported_beside_log
        group by stream, external_id
    ),

    -- How many rows are left of the deciding pass and later ones; how many entities were there since
    -- the loaded full pass before it, and how many of them it did not return.
    counts as (
        select
            entities.stream,
            sum(entities.current_row_count) as current_rows,
            sum(case
                when deciding.previous_began_at is null
                    or entities.last_exported_at >= deciding.previous_began_at then 1
                else 0
            end) as recent_entities,
            sum(case
                when not entities.is_outdated then 0
                when deciding.previous_began_at is null
                    or entities.last_exported_at >= deciding.previous_began_at then 1
                else 0
            end) as newly_outdated_entities
        from entities
        inner join deciding on deciding.stream = entities.stream
        group by entities.stream
    ),

    -- The full passes that the deciding one is compared with. Without a loaded one, all of them.
    compared as (
        select
            passes.stream,
            passes.record_count,
            passes.previous_began_at,
            row_number() over (partition by passes.stream order by passes.began_at desc) as recency
        from passes
        inner join deciding on deciding.stream = passes.stream
        where passes.may_decide = 1
            and passes.began_at < deciding.began_at
            and (
                deciding.previous_began_at is null
                or (passes.loaded_at is not null and passes.scope_hash = deciding.scope_hash)
            )
    ),

    largest as (
        select stream, max(record_count) as record_count
        from compared
        where recency <= 10 or previous_began_at is null
        group by stream
    ),

    -- The passes up to the deciding one, since the loaded full pass before it, under other settings.
    other_scopes as (
        select passes.stream, count(*) as pass_count
        from passes
        inner join deciding on deciding.stream = passes.stream
        where passes.began_at <= deciding.began_at
            and (deciding.previous_began_at is null or passes.began_at >= deciding.previous_began_at)
            and (
                passes.scope_hash is null
                or deciding.scope_hash is null
                or passes.scope_hash <> deciding.scope_hash
            )
        group by passes.stream
    ),

    -- Full passes that look older than the deciding one, but were confirmed after it.
    overtaken as (
        select passes.stream, count(*) as pass_count
        from passes
        inner join deciding on deciding.stream = passes.stream
        where passes.may_decide = 1
            and passes.began_at < deciding.began_at
            and passes.loaded_at > deciding.loaded_at
        group by passes.stream
    ),

    judged as (
        select
            deciding.stream,
            deciding.began_at > {{ techwolf.now_in_utc() }} as is_in_future,
            overtaken.pass_count is not null as is_overtaken,
            other_scopes.pass_count is not null as changes_scope,
            -- Less than half: some records may have been returned twice.
            coalesce(counts.current_rows, 0) * 2 < deciding.record_count as misses_rows,
            coalesce(
                {{ techwolf.is_too_large_a_share(
                    'largest.record_count - deciding.record_count', 'largest.record_count'
                ) }},
                false
            ) as returned_fewer,
            coalesce(
                {{ techwolf.is_too_large_a_share(
                    'counts.newly_outdated_entities', 'counts.recent_entities'
                ) }},
                false
            ) as removes_too_many
        from deciding
        left join overtaken on overtaken.stream = deciding.stream
        left join other_scopes on other_scopes.stream = deciding.stream
        left join counts on counts.stream = deciding.stream
        left join largest on largest.stream = deciding.stream
    )
{%- endmacro %}

{#- Whether a count exceeds the share of a total that may be removed at once. Null without a total. In
    whole numbers, as databases differ in how they round others. -#}
{% macro is_too_large_a_share(count, whole) %}
    {%- set millionths = (techwolf.max_removed_share() * 1000000) | round | int -%}
    {{ return('(' ~ count ~ ') * 1000000 > ' ~ millionths ~ ' * ' ~ whole) }}
{% endmacro %}

{#- The doubts, by their columns in judged: what each says, and what to do. -#}
{% macro doubts() %}
    {{ return({
        'is_in_future': {
            'words': 'its last loaded full pass began in the future',
            'advice': 'Correct the clock. If one entry of completed_passes is far off, delete it.',
        },
        'is_overtaken': {
            'words': 'a full pass with an earlier start was confirmed after its last loaded full pass',
            'advice': 'A clock went back, or an old state was put back. Correct the clock, run a full sync, then any sync.',
        },
        'changes_scope': {
            'words': 'the settings that limit its passes have changed since the loaded full pass before',
            'advice': 'Run a full sync once more with the same settings, then any sync.',
        },
        'misses_rows': {
            'words': 'its table holds too few rows of its last loaded full pass and later ones',
            'advice': 'The warehouse was restored, a clock went back, or the loader lost rows. Run a full sync, then any sync.',
        },
        'returned_fewer': {
            'words': 'its last loaded full pass returned far fewer records than those before',
            'advice': 'Check the filters. If that many really left, raise techwolf_max_removed_share until ten more full passes are loaded.',
        },
        'removes_too_many': {
            'words': 'its last loaded full pass would remove too many at once',
            'advice': 'If the warehouse was restored, run a full sync, then any sync. If that many really left, raise techwolf_max_removed_share until ten more full passes are loaded.',
        },
    }) }}
{% endmacro %}

{#- A query: the employees and jobs that are removed. -#}
{% macro removed() %}
    with {{ techwolf.removal_steps() }}

    select
        entities.stream,
        entities.external_id,
        entities.last_exported_at,
        -- By the first of the loaded full passes since.
        min(passes.completed_at) as noticed_at,
        entities.row_count
    from entities
    inner join judged on judged.stream = entities.stream
    inner join passes
        on passes.stream = entities.stream and passes.began_at > entities.last_exported_at
    where entities.is_outdated
        and entities.is_proven
        and passes.may_decide = 1
        and passes.loaded_at is not null
    {%- for doubt in techwolf.doubts() %}
        and not judged.{{ doubt }}
    {%- endfor %}
    group by
        entities.stream, entities.external_id, entities.last_exported_at, entities.row_count
{% endmacro %}

{#- A query: the tables in doubt, in which nothing counts as removed, why, and what to do. -#}
{% macro removal_doubts() %}
    with {{ techwolf.removal_steps() }},

    doubts as (
    {%- for name, doubt in techwolf.doubts().items() %}
        select '{{ name }}' as name, '{{ doubt.words }}' as words, '{{ doubt.advice }}' as advice
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
    )

    select judged.stream, doubts.words as doubt, doubts.advice
    from judged
    cross join doubts
    where 1 = 0
    {%- for name in techwolf.doubts() %}
        or (doubts.name = '{{ name }}' and judged.{{ name }})
    {%- endfor %}
    union all
    select distinct
        stream,
        'no full pass of it is known to be loaded' as doubt,
        'Sync again: the sync after a full one confirms it. If each sync uses --full-refresh, set replication-method: FULL_TABLE instead, which keeps the state. If the column loaded_at is missing, upgrade the tap.' as advice
    from passes
    where may_decide = 1 and newest_began_at is null
{% endmacro %}

{#- A query: how many employees and jobs are not counted as removed for lack of proof. -#}
{% macro unproven_removals() %}
    with {{ techwolf.removal_steps() }}

    select stream, count(*) as entities
    from entities
    where is_outdated and not is_proven
    group by stream
{% endmacro %}
