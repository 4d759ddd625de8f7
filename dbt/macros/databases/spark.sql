{#- Spark and Databricks. JSON is text here, so that every version that knows `with recursive` can run it. -#}

{% macro spark__column_type(kind) %}
    {%- if target.type not in ('spark', 'databricks') -%}
        {#- Adapters that build on that of Spark take these macros, where they have none of their own. -#}
        {{ return(techwolf.default__column_type(kind)) }}
    {%- endif -%}
    {{ return({
        'text': 'string', 'json': 'string', 'date-time': 'timestamp_ntz', 'integer': 'bigint',
        'number': 'double', 'boolean': 'boolean',
    }[kind]) }}
{% endmacro %}

{% macro spark__as_json(column, data_type) %}
    {%- if data_type | lower == 'array<string>' -%}
        {#- A loader that writes each element as JSON. -#}
        {{ return("concat('[', array_join(" ~ column ~ ", ',', 'null'), ']')") }}
    {%- elif techwolf.may_be_unreadable(data_type) -%}
        {{ return("get_json_object(" ~ column ~ ", '$')") }}
    {%- endif -%}
    {{ return('to_json(' ~ column ~ ')') }}
{% endmacro %}

{% macro spark__as_utc(column, data_type) %}
    {%- if data_type | lower == 'timestamp_ntz' -%}
        {{ return(column) }}
    {%- endif -%}
    {%- if techwolf.may_be_unreadable(data_type) -%}
        {{ return(techwolf.spark_utc('try_cast(' ~ column ~ ' as timestamp)')) }}
    {%- endif -%}
    {{ return(techwolf.spark_utc('cast(' ~ column ~ ' as timestamp)')) }}
{% endmacro %}

{#- A cast would give the session's time zone. -#}
{% macro spark_utc(moment) %}
    {{ return(
        "(timestamp_ntz '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, "
        ~ "cast(unix_micros(" ~ moment ~ ") as decimal(24, 0)) / 1000000))"
    ) }}
{% endmacro %}

{% macro spark__now_in_utc() %}
    {{ return(techwolf.spark_utc('current_timestamp()')) }}
{% endmacro %}

{% macro spark__is_json_array(json) %}
    {{ return("(json_array_length(" ~ json ~ ") is not null)") }}
{% endmacro %}

{% macro spark__json_member(json, key) %}
    {{ return("get_json_object(" ~ json ~ ", '$." ~ key ~ "')") }}
{% endmacro %}

{% macro spark__json_text(json, key) %}
    {{ return(techwolf.json_member(json, key)) }}
{% endmacro %}

{% macro spark__json_number(json, key) %}
    {%- set number = "from_json(" ~ json ~ ", '" ~ key ~ " double')." ~ key -%}
    {#- It reads the texts NaN and Infinity as numbers. -#}
    {{ return("case when abs(" ~ number ~ ") < 1e308 then " ~ number ~ " end") }}
{% endmacro %}

{% macro spark__elements(relation, keep, array) %}
    select {{ keep | join(', ') }}, element, position
    from (
        select
            {{ keep | join(', ') }},
            case when {{ techwolf.is_json_array(array) }} then from_json({{ array }}, 'array<string>') end as list
        from {{ relation }}
    ) as lists
    lateral view posexplode(list) as position, element
{% endmacro %}
