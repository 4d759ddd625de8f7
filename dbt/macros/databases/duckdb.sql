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
    {{ return(techwolf.duckdb_number(techwolf.json_member(json, key))) }}
{% endmacro %}

{% macro duckdb_number(json) %}
    {{ return(
        "case when json_type(" ~ json ~ ") not in ('VARCHAR', 'BOOLEAN', 'ARRAY', 'OBJECT')"
        ~ " then try_cast(json_extract_string(" ~ json ~ ", '$') as double) end"
    ) }}
{% endmacro %}

{% macro duckdb__elements(relation, keep, array, shape='"json"') %}
    select
        {{ keep | join(', ') }},
        unnest(list) as element,
        generate_subscripts(list, 1) as position
    from (
        select
            {{ keep | join(', ') }},
            case when {{ techwolf.is_json_array(array) }} then from_json({{ array }}, '[{{ shape }}]') end as list
        from {{ relation }}
    ) as lists
{% endmacro %}

{#- The JSON is read once for all columns, which is seven times faster than once for each. -#}
{% macro duckdb__element_columns(relation, keep, array, columns) %}
    {%- set shape = {} -%}
    {%- for key, kind in columns.values() -%}
        {%- set keys = key.split('.') -%}
        {%- set inner = namespace(shape=shape) -%}
        {%- for outer in keys[:-1] -%}
            {%- set inner.shape = inner.shape.setdefault(outer, {}) -%}
        {%- endfor -%}
        {%- do inner.shape.update({keys[-1]: 'VARCHAR' if kind == 'text' else 'JSON'}) -%}
    {%- endfor %}
    select
        {{ keep | join(', ') }},
        position
        {%- for column, (key, kind) in columns.items() %},
        {% if kind == 'number' -%}
        {{ techwolf.duckdb_number('element.' ~ key) }} as {{ column }}
        {%- elif kind == 'boolean' -%}
        case json_extract_string(element.{{ key }}, '$') when 'true' then true when 'false' then false end
            as {{ column }}
        {%- else -%}
        element.{{ key }} as {{ column }}
        {%- endif %}
        {%- endfor %}
    from ({{ techwolf.duckdb__elements(relation, keep, array, tojson(shape)) }}) as unnested
{% endmacro %}

{% macro duckdb__run_together(statements) %}
    {#- Without a commit, dbt would roll back the operation's transaction. -#}
    {%- do run_query(statements | join('; ') ~ '; commit;') -%}
{% endmacro %}
