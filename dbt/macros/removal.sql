{#- Find removed employees and jobs, and tables in doubt. The README explains the rules. -#}

{#- Common table expressions on top of `logged`: the newest full pass of each stream that is known to
    be loaded, which decides, and when the loaded full pass before it began. -#}
{% macro deciding_steps() -%}
    -- A pass that returned no records says nothing about removals.
    full_passes as (
        select *
        from logged
        where is_full and record_count > 0
    ),

    newest as (
        select stream, max(began_at) as began_at
        from full_passes
        where loaded_at is not null
        group by stream
    ),

    previous as (
        select full_passes.stream, max(full_passes.began_at) as began_at
        from full_passes
        inner join newest on newest.stream = full_passes.stream
        where full_passes.loaded_at is not null and full_passes.began_at < newest.began_at
        group by full_passes.stream
    ),

    deciding as (
        select full_passes.*, previous.began_at as previous_began_at
        from full_passes
        inner join newest
            on newest.stream = full_passes.stream and newest.began_at = full_passes.began_at
        left join previous on previous.stream = full_passes.stream
    )
{%- endmacro %}

{#- The common table expressions of the queries below. -#}
{% macro removal_steps() -%}
    logged as (
        {{ techwolf.logged_passes() }}
    ),

    {{ techwolf.deciding_steps() }},

    exported as (
    {%- for table, export in techwolf.exports().items() %}
        select '{{ table }}' as stream, {{ export.key }} as external_id, exported_at
        from ({{ techwolf.export(table) }}) as {{ table }}
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
                -- Two loaded full passes have not returned it.
                when exported.exported_at < deciding.previous_began_at then 1
                -- A pass that was not over may have written the row after the deciding one had read it.
                when logged.completed_at is null or logged.completed_at >= deciding.began_at then 0
                -- Nor is it known when a full pass took place that was not loaded: without a state, and
                -- after a clock went back, it may be newer than the deciding one.
                when logged.is_full and logged.loaded_at is null
                    and deciding.previous_began_at is not null then 0
                else 1
            end as is_evidence
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
            full_passes.stream,
            full_passes.record_count,
            deciding.previous_began_at,
            row_number() over (
                partition by full_passes.stream order by full_passes.began_at desc
            ) as recency
        from full_passes
        inner join deciding on deciding.stream = full_passes.stream
        where full_passes.began_at < deciding.began_at
            and (
                deciding.previous_began_at is null
                or (
                    full_passes.loaded_at is not null
                    and full_passes.scope_hash = deciding.scope_hash
                )
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
        select deciding.stream, count(*) as pass_count
        from deciding
        inner join logged on logged.stream = deciding.stream
        where logged.began_at <= deciding.began_at
            and (deciding.previous_began_at is null or logged.began_at >= deciding.previous_began_at)
            and (
                logged.scope_hash is null
                or deciding.scope_hash is null
                or logged.scope_hash <> deciding.scope_hash
            )
        group by deciding.stream
    ),

    -- Passes before the deciding one that a run still found in its state after that one was loaded.
    restored as (
        select deciding.stream, count(*) as pass_count
        from deciding
        inner join logged on logged.stream = deciding.stream
        where logged.began_at < deciding.began_at
            and logged.loaded_at > deciding.loaded_at
            and logged.loaded_at <= {{ techwolf.now_in_utc() }}
        group by deciding.stream
    ),

    judged as (
        select
            deciding.stream,
            deciding.began_at > {{ techwolf.now_in_utc() }} as is_in_future,
            other_scopes.pass_count is not null as changes_scope,
            restored.pass_count is not null as is_followed_by_older_pass,
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
        left join other_scopes on other_scopes.stream = deciding.stream
        left join restored on restored.stream = deciding.stream
        left join counts on counts.stream = deciding.stream
        left join largest on largest.stream = deciding.stream
    )
{%- endmacro %}

{#- Whether a count exceeds the share of a total that may be removed at once. Null without a total. -#}
{% macro is_too_large_a_share(count, whole) %}
    {{ return(
        'cast(' ~ count ~ ' as decimal(18, 0)) > ' ~ techwolf.max_removed_share()
        ~ ' * cast(' ~ whole ~ ' as decimal(18, 0))'
    ) }}
{% endmacro %}

{#- The columns of judged that are doubts: what each says, and what to do. -#}
{% macro doubts() %}
    {{ return({
        'is_in_future': {
            'words': 'its last loaded full pass began in the future',
            'advice': 'Correct the clock. If one entry of completed_passes is far off, delete it.',
        },
        'changes_scope': {
            'words': 'the settings that limit its passes have changed since the loaded full pass before',
            'advice': 'Run a full sync once more with the same settings, then any sync.',
        },
        'is_followed_by_older_pass': {
            'words': 'an older pass was reported as loaded after its last loaded full pass',
            'advice': 'An old state was restored, or two extractors load this export. Use one extractor for each export. Run a full sync, then any sync.',
        },
        'misses_rows': {
            'words': 'its table holds too few rows of its last loaded full pass and later ones',
            'advice': 'The warehouse was restored, a clock went back, or the loader lost rows. Run a full sync, then any sync.',
        },
        'returned_fewer': {
            'words': 'its last loaded full pass returned far fewer records than those before',
            'advice': 'Check the filters. If that many really left, raise techwolf_max_removed_share for now.',
        },
        'removes_too_many': {
            'words': 'its last loaded full pass would remove too many at once',
            'advice': 'If the warehouse was restored, run a full sync, then any sync. If that many really left, raise techwolf_max_removed_share for now.',
        },
    }) }}
{% endmacro %}

{#- The doubt about a stream of which no full pass is known to be loaded. -#}
{% macro doubt_without_loaded_pass() %}
    {{ return({
        'words': 'no full pass of it is known to be loaded',
        'advice': 'Sync again: the sync after a full one confirms it. If each sync uses --full-refresh, set replication-method: FULL_TABLE instead, which keeps the state. If the column loaded_at is missing, upgrade the tap.',
    }) }}
{% endmacro %}

{#- A query: the employees and jobs that are removed. -#}
{% macro removed() %}
    with {{ techwolf.removal_steps() }},

    removed as (
        select entities.*
        from entities
        inner join judged on judged.stream = entities.stream
        where entities.is_outdated
            and entities.is_proven
        {%- for doubt in techwolf.doubts() %}
            and not judged.{{ doubt }}
        {%- endfor %}
    ),

    -- The loaded full passes since the last one that returned the entity.
    noticed as (
        select removed.stream, removed.external_id, min(full_passes.completed_at) as noticed_at
        from removed
        inner join full_passes
            on full_passes.stream = removed.stream
            and full_passes.began_at > removed.last_exported_at
        where full_passes.loaded_at is not null
        group by removed.stream, removed.external_id
    )

    select
        removed.stream,
        removed.external_id,
        removed.last_exported_at,
        noticed.noticed_at,
        removed.row_count
    from removed
    inner join noticed
        on noticed.stream = removed.stream and noticed.external_id = removed.external_id
{% endmacro %}

{#- A query: the tables in doubt, in which nothing counts as removed, why, and what to do. -#}
{% macro removal_doubts() %}
    with {{ techwolf.removal_steps() }}
    {%- for name, doubt in techwolf.doubts().items() %}

    select stream, '{{ doubt.words }}' as doubt, '{{ doubt.advice }}' as advice
    from judged
    where {{ name }}
    union all
    {%- endfor %}
    {%- set doubt = techwolf.doubt_without_loaded_pass() %}

    select distinct stream, '{{ doubt.words }}' as doubt, '{{ doubt.advice }}' as advice
    from full_passes
    where stream not in (select stream from newest)
{% endmacro %}

{#- A query: how many employees and jobs are not counted as removed for lack of proof. -#}
{% macro unproven_removals() %}
    with {{ techwolf.removal_steps() }}

    select stream, count(*) as entities
    from entities
    where is_outdated and not is_proven
    group by stream
{% endmacro %}
