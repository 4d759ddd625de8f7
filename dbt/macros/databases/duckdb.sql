{% macro duckdb__column_type(kind) %}
    {{ return({
        'text': 'varchar', 'json': 'json', 'date-time': 'timestamp', 'integer': 'bigint',
        'number': 'double', 'boolean': 'boolean',
    }[kind]) }}
{% endmacro %}

{% macro duckdb__as_json(column, data_type) %}
    {%- if techwolf.may_be_unreadable(data_type) -%}
        {{ return('try_cast(' ~ column ~ ' as json)') }}
    {%- endif -%}
    {{ return('to_json(' ~ column ~ ')') }}
{% endmacro %}

{% macro duckdb__as_utc(column, data_type) %}
    {%- if 'with time zone' in data_type | lower -%}
        {#- A plain cast would use the session's time zone. -#}
        {{ return('make_timestamp(epoch_us(' ~ column ~ '))') }}
    {%- endif -%}
    {{ return('try_cast(' ~ column ~ ' as timestamp)') }}
{% endmacro %}

{% macro duckdb__now_in_utc() %}
    {{ return('make_timestamp(epoch_us(now()))') }}
{% endmacro %}

{% macro duckdb__is_json_array(json) %}
    {{ return("coalesce(json_type(" ~ json ~ ") = 'ARRAY', false)") }}
{% endmacro %}

{% macro duckdb__json_member(json, key) %}
    {{ return("json_extract(" ~ json ~ ", '$." ~ key ~ "')") }}
{% endmacro %}

{% macro duckdb__json_text(json, key) %}
    {{ return("json_extract_string(" ~ json ~ ", '$." ~ key ~ "')") }}
{% endmacro %}

{% macro duckdb__json_number(json, key) %}
    {%- set member = techwolf.json_member(json, key) -%}
    {{ return(
        "case when json_type(" ~ member ~ ") not in ('VARCHAR', 'BOOLEAN', 'ARRAY', 'OBJECT')"
        ~ " then try_cast(" ~ techwolf.json_text(json, key) ~ " as double) end"
    ) }}
{% endmacro %}

{% macro duckdb__elements(relation, keep, array) %}
    select
        {{ keep | join(', ') }},
        unnest(list) as element,
        generate_subscripts(list, 1) as position
    from (
        select
            {{ keep | join(', ') }},
            case when {{ techwolf.is_json_array(array) }} then from_json({{ array }}, '["json"]') end as list
        from {{ relation }}
    ) as lists
{% endmacro %}

{% macro duckdb__run_together(statements) %}
    {#- Without a commit, dbt would roll back the operation's transaction. -#}
    {%- do run_query(statements | join('; ') ~ '; commit;') -%}
{% endmacro %}
