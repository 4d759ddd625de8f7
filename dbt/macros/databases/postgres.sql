{% macro postgres__column_type(kind) %}
    {%- if target.type != 'postgres' -%}
        {#- The adapters of Redshift and others take these macros, where they have none of their own. -#}
        {{ return(techwolf.default__column_type(kind)) }}
    {%- endif -%}
    {{ return({
        'text': 'text', 'json': 'jsonb', 'date-time': 'timestamp', 'integer': 'bigint',
        'number': 'double precision', 'boolean': 'boolean',
    }[kind]) }}
{% endmacro %}

{% macro postgres__as_json(column, data_type) %}
    {%- if data_type | upper == 'ARRAY' or data_type.endswith('[]') -%}
        {{ return('to_jsonb(cast(' ~ column ~ ' as jsonb[]))') }}
    {%- elif techwolf.may_be_unreadable(data_type) -%}
        {{ return(techwolf.postgres_cast(column, 'jsonb')) }}
    {%- endif -%}
    {{ return('cast(' ~ column ~ ' as jsonb)') }}
{% endmacro %}

{#- A text as another type, null if it cannot be read. PostgreSQL before 16 raises an error instead. -#}
{% macro postgres_cast(column, type) %}
    {%- set text = 'cast(' ~ column ~ ' as text)' -%}
    {%- if execute and run_query('show server_version_num').rows[0][0] | int >= 160000 -%}
        {%- set text = "case when pg_input_is_valid(" ~ text ~ ", '" ~ type ~ "') then " ~ text ~ " end" -%}
    {%- endif -%}
    {{ return('cast(' ~ text ~ ' as ' ~ type ~ ')') }}
{% endmacro %}

{% macro postgres__as_utc(column, data_type) %}
    {%- if 'without time zone' in data_type or data_type in ('timestamp', 'date') -%}
        {{ return('cast(' ~ column ~ ' as timestamp)') }}
    {%- endif -%}
    {%- if techwolf.may_be_unreadable(data_type) -%}
        {#- Casting text to a timestamp without zone would ignore the offset. -#}
        {{ return(techwolf.postgres_cast(column, 'timestamptz') ~ " at time zone 'UTC'") }}
    {%- endif -%}
    {{ return("cast(" ~ column ~ " as timestamptz) at time zone 'UTC'") }}
{% endmacro %}

{% macro postgres__now_in_utc() %}
    {{ return("(now() at time zone 'UTC')") }}
{% endmacro %}

{% macro postgres__is_json_array(json) %}
    {{ return("coalesce(jsonb_typeof(" ~ json ~ ") = 'array', false)") }}
{% endmacro %}

{% macro postgres__json_member(json, key) %}
    {{ return("(" ~ json ~ " -> '" ~ key ~ "')") }}
{% endmacro %}

{% macro postgres__json_text(json, key) %}
    {{ return("(" ~ json ~ " ->> '" ~ key ~ "')") }}
{% endmacro %}

{% macro postgres__json_number(json, key) %}
    {%- set member = techwolf.json_member(json, key) -%}
    {%- set number = "cast(" ~ techwolf.json_text(json, key) ~ " as numeric)" -%}
    {#- A number that is too large would fail the build, and so would one that is too small. -#}
    {{ return(
        "case when jsonb_typeof(" ~ member ~ ") = 'number' then case when abs(" ~ number
        ~ ") < 1e308 then cast(round(" ~ number ~ ", 300) as double precision) end end"
    ) }}
{% endmacro %}

{% macro postgres__elements(relation, keep, array) %}
    select {{ keep | join(', ') }}, element, position
    from {{ relation }}
    cross join lateral jsonb_array_elements(
        case when {{ techwolf.is_json_array(array) }} then {{ array }} end
    ) with ordinality as elements (element, position)
{% endmacro %}

{% macro postgres__run_together(statements) %}
    {#- Without a commit, dbt would roll back the operation's transaction. -#}
    {%- do run_query(statements | join('; ') ~ '; commit;') -%}
{% endmacro %}
