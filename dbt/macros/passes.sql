{#- The log of passes, and what it says about each export. -#}

{#- A query: the logged passes, each once. A loader that only appends has several rows of a pass. -#}
{% macro logged_passes() %}
    select
        stream,
        began_at,
        max(completed_at) as completed_at,
        max(loaded_at) as loaded_at,
        max(case when is_full then 1 else 0 end) = 1 as is_full,
        max(record_count) as record_count,
        max(scope_hash) as scope_hash
    from ({{ techwolf.export('completed_passes') }}) as passes
    where began_at is not null
        and stream in ('{{ techwolf.exports() | join("', '") }}')
    group by stream, began_at
{% endmacro %}

{#- A query: the streams of which a pass is logged. An optional export matters once it is among them. -#}
{% macro logged_streams() %}
    select distinct stream from ({{ techwolf.logged_passes() }}) as passes
{% endmacro %}

{#- A query: when the newest pass that is known to be loaded was completed. Null without one, and now for
    an optional export of which no pass is logged. -#}
{% macro loaded_until(table) %}
    {%- set loaded -%}
        max(case
            -- A clock that was ahead must not keep a table fresh.
            when loaded_at is not null and completed_at <= {{ techwolf.now_in_utc() }} then completed_at
        end)
    {%- endset %}
    select
        {%- if techwolf.exports()[table].is_optional %}
        case when count(*) = 0 then {{ techwolf.now_in_utc() }} else {{ loaded }} end as loaded_until
        {%- else %}
        {{ loaded }} as loaded_until
        {%- endif %}
    from ({{ techwolf.logged_passes() }}) as passes
    where stream = '{{ table }}'
{% endmacro %}

{#- A query: full passes that were not loaded, although a later pass is logged. Those before the last
    two loaded full passes are no longer of interest, and of an optional export, of which each pass is
    full, those before the last one. -#}
{% macro passes_not_loaded() %}
    {%- set optional = [] -%}
    {%- for table, export in techwolf.exports().items() if export.is_optional -%}
        {%- do optional.append(table) -%}
    {%- endfor %}
    with {{ techwolf.pass_steps() }},

    considered as (
        select
            passes.*,
            case
                when stream in ('{{ optional | join("', '") }}') then newest_began_at
                else previous_began_at
            end as considered_since
        from passes
    ),

    last_passes as (
        select stream, max(began_at) as began_at
        from passes
        group by stream
    )

    select considered.stream, considered.began_at
    from considered
    inner join last_passes on last_passes.stream = considered.stream
    where considered.is_full
        and considered.loaded_at is null
        and considered.began_at < last_passes.began_at
        and (considered.considered_since is null or considered.began_at > considered.considered_since)
{% endmacro %}

{#- A query: exports of which only parts were ever loaded here, as far as the log says. -#}
{% macro exports_without_full_pass() %}
    select stream
    from ({{ techwolf.logged_passes() }}) as passes
    group by stream
    having max(case when is_full then 1 else 0 end) = 0
{% endmacro %}

{#- A query: exports whose newest loaded full pass returned over a fifth fewer records than the one
    before it with the same settings. -#}
{% macro volume_drops() %}
    with loaded as (
        select *
        from ({{ techwolf.logged_passes() }}) as passes
        where is_full and loaded_at is not null
    ),

    newest as (
        select stream, max(began_at) as began_at
        from loaded
        group by stream
    ),

    pairs as (
        select loaded.stream, loaded.record_count, max(earlier.began_at) as earlier_began_at
        from newest
        inner join loaded
            on loaded.stream = newest.stream and loaded.began_at = newest.began_at
        inner join loaded as earlier
            on earlier.stream = loaded.stream
            and earlier.began_at < loaded.began_at
            and earlier.scope_hash = loaded.scope_hash
        group by loaded.stream, loaded.record_count
    )

    select pairs.stream, pairs.record_count, earlier.record_count as earlier_record_count
    from pairs
    inner join loaded as earlier
        on earlier.stream = pairs.stream and earlier.began_at = pairs.earlier_began_at
    where pairs.record_count * 5 < earlier.record_count * 4
{% endmacro %}
