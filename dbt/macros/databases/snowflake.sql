{% macro snowflake__column_type(kind) %}
    {{ return({
        'text': 'varchar', 'json': 'variant', 'date-time': 'timestamp_ntz', 'integer': 'bigint',
        'number': 'double', 'boolean': 'boolean',
    }[kind]) }}
{% endmacro %}

{% macro snowflake__as_json(column, data_type) %}
    {%- if techwolf.may_be_unreadable(data_type) -%}
        {{ return('try_parse_json(' ~ column ~ ')') }}
    {%- endif -%}
    {{ return('cast(' ~ column ~ ' as variant)') }}
{% endmacro %}

{% macro snowflake__as_utc(column, data_type) %}
    {%- if data_type | lower in ('timestamp_ntz', 'date') -%}
        {{ return('cast(' ~ column ~ ' as timestamp_ntz)') }}
    {%- endif -%}
    {%- set moment = column -%}
    {%- if techwolf.may_be_unreadable(data_type) -%}
        {#- A text without an offset would be read in the session's time zone. One with an offset cannot
            have a second one. -#}
        {%- set moment = "coalesce(try_cast(" ~ column ~ " || '+00:00' as timestamp_tz), try_cast("
            ~ column ~ " as timestamp_tz))" -%}
    {%- endif -%}
    {#- A plain cast would drop the offset, or give the session's time zone. -#}
    {{ return("cast(convert_timezone('UTC', " ~ moment ~ ") as timestamp_ntz)") }}
{% endmacro %}

{% macro snowflake__now_in_utc() %}
    {{ return('sysdate()') }}
{% endmacro %}

{% macro snowflake__is_json_array(json) %}
    {{ return('coalesce(is_array(' ~ json ~ '), false)') }}
{% endmacro %}

{% macro snowflake__json_member(json, key) %}
    {{ return("get_path(" ~ json ~ ", '" ~ key ~ "')") }}
{% endmacro %}

{% macro snowflake__json_text(json, key) %}
    {{ return('cast(' ~ techwolf.json_member(json, key) ~ ' as varchar)') }}
{% endmacro %}

{% macro snowflake__json_number(json, key) %}
    {#- In JSON, a text has quotes, and so is no number. -#}
    {{ return('try_to_double(to_json(' ~ techwolf.json_member(json, key) ~ '))') }}
{% endmacro %}

{% macro snowflake__elements(relation, keep, array) %}
    select {{ keep | join(', ') }}, flattened.value as element, flattened.index as position
    from {{ relation }},
        lateral flatten(input => case when {{ techwolf.is_json_array(array) }} then {{ array }} end) as flattened
{% endmacro %}
