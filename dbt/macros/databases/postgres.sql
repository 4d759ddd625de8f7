{% macro postgres__column_type(kind) %}
    {{ return({
        'text': 'text', 'json': 'jsonb', 'date-time': 'timestamp', 'integer': 'bigint',
        'number': 'double precision', 'boolean': 'boolean',
    }[kind]) }}
{% endmacro %}

{% macro postgres__as_json(column, data_type) %}
    {%- if data_type | upper == 'ARRAY' or data_type.endswith('[]') -%}
        {{ return('to_jsonb(cast(' ~ column ~ ' as jsonb[]))') }}
    {%- endif -%}
    {{ return('cast(' ~ column ~ ' as jsonb)') }}
{% endmacro %}

{% macro postgres__as_utc(column, data_type) %}
    {%- if 'without time zone' in data_type or data_type in ('timestamp', 'date') -%}
        {{ return('cast(' ~ column ~ ' as timestamp)') }}
    {%- endif -%}
    {#- Casting text to a timestamp without zone would ignore the offset. -#}
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
    {{ return(
        "case when jsonb_typeof(" ~ member ~ ") = 'number'"
        ~ " then cast(" ~ techwolf.json_text(json, key) ~ " as double precision) end"
    ) }}
{% endmacro %}

{% macro postgres__elements(relation, keep, array) %}
    select {{ keep | join(', ') }}, element, position
    from {{ relation }}
    cross join lateral jsonb_array_elements(
        case when {{ techwolf.is_json_array(array) }} then {{ array }} end
    ) with ordinality as elements (element, position)
{% endmacro %}
