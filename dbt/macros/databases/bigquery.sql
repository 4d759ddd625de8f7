{#- A timestamp of BigQuery is a moment, and stands for one without zone in UTC. -#}

{% macro bigquery__column_type(kind) %}
    {{ return({
        'text': 'string', 'json': 'json', 'date-time': 'timestamp', 'integer': 'int64',
        'number': 'float64', 'boolean': 'bool',
    }[kind]) }}
{% endmacro %}

{% macro bigquery__data_types(columns) %}
    {%- set types = {} -%}
    {%- for column in columns -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- if types.get('hierarchy') == 'JSON' and types.get('tasks', '').startswith('ARRAY<') -%}
        {%- do types.update({'tasks': 'ARRAY beside hierarchy'}) -%}
    {%- endif -%}
    {{ return(types) }}
{% endmacro %}

{% macro bigquery__as_json(column, data_type) %}
    {%- if data_type | lower == 'json' -%}
        {{ return(column) }}
    {%- elif techwolf.may_be_unreadable(data_type) -%}
        {{ return("safe.parse_json(" ~ column ~ ", wide_number_mode => 'round')") }}
    {%- elif data_type == 'ARRAY beside hierarchy' -%}
        {#- A repeated column cannot be null. In hierarchy format it is empty. -#}
        {{ return(
            "case when array_length(" ~ column ~ ") > 0 or coalesce(json_type(hierarchy), 'null') = 'null'"
            ~ " then to_json(" ~ column ~ ") end"
        ) }}
    {%- endif -%}
    {{ return('to_json(' ~ column ~ ')') }}
{% endmacro %}

{% macro bigquery__as_utc(column, data_type) %}
    {%- if data_type | lower == 'timestamp' -%}
        {{ return(column) }}
    {%- elif techwolf.may_be_unreadable(data_type) -%}
        {#- The first one is null if the text has an offset, or cannot be read. -#}
        {{ return(
            "coalesce(safe.timestamp(" ~ column ~ ", 'UTC'), safe_cast(" ~ column ~ " as timestamp))"
        ) }}
    {%- endif -%}
    {#- A cast would use the time zone of the project. -#}
    {{ return("timestamp(" ~ column ~ ", 'UTC')") }}
{% endmacro %}

{% macro bigquery__now_in_utc() %}
    {{ return('current_timestamp()') }}
{% endmacro %}

{% macro bigquery__utc_day(moment) %}
    {#- A cast would use the time zone of the project. -#}
    {{ return("date(" ~ moment ~ ", 'UTC')") }}
{% endmacro %}

{% macro bigquery__is_json_array(json) %}
    {{ return("coalesce(json_type(" ~ json ~ ") = 'array', false)") }}
{% endmacro %}

{% macro bigquery__json_member(json, key) %}
    {{ return("json_query(" ~ json ~ ", '$." ~ key ~ "')") }}
{% endmacro %}

{% macro bigquery__json_text(json, key) %}
    {{ return("json_value(" ~ json ~ ", '$." ~ key ~ "')") }}
{% endmacro %}

{% macro bigquery__json_number(json, key) %}
    {%- set member = techwolf.json_member(json, key) -%}
    {{ return("case when json_type(" ~ member ~ ") = 'number' then lax_float64(" ~ member ~ ") end") }}
{% endmacro %}

{% macro bigquery__elements(relation, keep, array) %}
    select {{ keep | join(', ') }}, element, position
    from {{ relation }}
    cross join unnest(
        case when {{ techwolf.is_json_array(array) }} then json_query_array({{ array }}) end
    ) as element with offset as position
{% endmacro %}
