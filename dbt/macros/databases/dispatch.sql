{#- Everything that differs between databases. Each database implements these macros in its own file. -#}

{#- The type of a missing column, by kind. -#}
{% macro column_type(kind) %}
    {{ return(adapter.dispatch('column_type', 'techwolf')(kind)) }}
{% endmacro %}

{#- Every query asks for a type of a column, so an unknown database ends here. -#}
{% macro default__column_type(kind) %}
    {{ exceptions.raise_compiler_error(
        "The dbt package techwolf runs on DuckDB, PostgreSQL, Spark, Databricks, BigQuery and Snowflake, not"
        ~ " on '" ~ target.type ~ "'. You can bring macros of your own for it: see"
        ~ " docs/databases.md of the package."
    ) }}
{% endmacro %}

{#- The data types of columns by their names in lower case, as the other macros are given them. -#}
{% macro data_types(columns) %}
    {{ return(adapter.dispatch('data_types', 'techwolf')(columns)) }}
{% endmacro %}

{% macro default__data_types(columns) %}
    {%- set types = {} -%}
    {%- for column in columns -%}
        {%- do types.update({column.name | lower: column.dtype}) -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}

{#- A column of whatever type the loader gave it, as the database's JSON type. Null if it is a text that
    is not JSON. -#}
{% macro as_json(column, data_type) %}
    {{ return(adapter.dispatch('as_json', 'techwolf')(column, data_type)) }}
{% endmacro %}

{#- A column of whatever type the loader gave it, as a timestamp without zone, in UTC. Null if it is a
    text that is not a date-time. -#}
{% macro as_utc(column, data_type) %}
    {{ return(adapter.dispatch('as_utc', 'techwolf')(column, data_type)) }}
{% endmacro %}

{#- The current time, as a timestamp without zone, in UTC. -#}
{% macro now_in_utc() %}
    {{ return(adapter.dispatch('now_in_utc', 'techwolf')()) }}
{% endmacro %}

{#- The day of a timestamp without zone, in UTC. -#}
{% macro utc_day(moment) %}
    {{ return(adapter.dispatch('utc_day', 'techwolf')(moment)) }}
{% endmacro %}

{% macro default__utc_day(moment) %}
    {{ return('cast(' ~ moment ~ ' as date)') }}
{% endmacro %}

{% macro is_json_array(json) %}
    {{ return(adapter.dispatch('is_json_array', 'techwolf')(json)) }}
{% endmacro %}

{#- A key of an object: as JSON, as text, or as a number. Null if it is absent or of another type. -#}
{% macro json_member(json, key) %}
    {{ return(adapter.dispatch('json_member', 'techwolf')(json, key)) }}
{% endmacro %}

{% macro json_text(json, key) %}
    {{ return(adapter.dispatch('json_text', 'techwolf')(json, key)) }}
{% endmacro %}

{% macro json_number(json, key) %}
    {{ return(adapter.dispatch('json_number', 'techwolf')(json, key)) }}
{% endmacro %}

{#- A query: a row for each element of a JSON array, as `element`, with its `position` and the columns
    to keep. Rows without an array give none. -#}
{% macro elements(relation, keep, array) %}
    {{ return(adapter.dispatch('elements', 'techwolf')(relation, keep, array)) }}
{% endmacro %}

{#- A query: like elements, with keys of each element as columns, given as name: [key, kind], in place of
    the element. -#}
{% macro element_columns(relation, keep, array, columns) %}
    {{ return(adapter.dispatch('element_columns', 'techwolf')(relation, keep, array, columns)) }}
{% endmacro %}

{% macro default__element_columns(relation, keep, array, columns) %}
    select
        {{ keep | join(', ') }},
        position
        {%- for column, (key, kind) in columns.items() %},
        {{ techwolf.json_value('element', key, kind) }} as {{ column }}
        {%- endfor %}
    from ({{ techwolf.elements(relation, keep, array) }}) as unnested
{% endmacro %}

{#- Run statements that change the loaded tables, all or none. -#}
{% macro run_together(statements) %}
    {{ return(adapter.dispatch('run_together', 'techwolf')(statements)) }}
{% endmacro %}

{% macro default__run_together(statements) %}
    {{ exceptions.raise_compiler_error(
        "On '" ~ target.type ~ "' this cannot be done by the package. With dry_run it shows how many rows"
        ~ " there are; techwolf_removed names them."
    ) }}
{% endmacro %}
