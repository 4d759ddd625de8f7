{#- The loaded tables, with the columns and types that the models expect. -#}

{#- The exports: the key of each, and what a key identifies. To add an export, start here. -#}
{% macro exports() %}
    {{ return({
        'employee_ai_goals': {'key': 'external_id', 'entities': 'employees'},
        'employee_task_profiles': {'key': 'external_id', 'entities': 'employees'},
        'job_task_profiles': {'key': 'external_id', 'entities': 'jobs'},
    }) }}
{% endmacro %}

{% macro export_columns(table) %}
    {%- set task_profiles = {
        'external_id': 'text', 'tasks': 'json', 'exported_at': 'date-time',
    } -%}
    {{ return({
        'employee_ai_goals': {
            'external_id': 'text', 'version': 'integer', 'goal': 'text', 'description': 'text',
            'target_skills': 'json', 'target_tasks': 'json', 'job_id': 'text',
            'created_on': 'date-time', 'last_updated': 'date-time', 'exported_at': 'date-time',
        },
        'employee_task_profiles': task_profiles,
        'job_task_profiles': task_profiles,
        'completed_passes': {
            'stream': 'text', 'began_at': 'date-time', 'completed_at': 'date-time',
            'is_full': 'boolean', 'record_count': 'integer', 'scope_hash': 'text',
            'loaded_at': 'date-time',
        },
    }[table]) }}
{% endmacro %}

{#- The current columns of a source table, as name: data type. Empty if there is no such table. -#}
{% macro found_columns(relation) %}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- set existing = adapter.get_relation(
            database=relation.database, schema=relation.schema, identifier=relation.identifier
        ) -%}
        {%- if existing is not none -%}
            {%- for column in adapter.get_columns_in_relation(existing) -%}
                {%- do found.update({column.name | lower: column.dtype}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{#- A query: a source table with all its columns. A missing column is null, a missing table empty. -#}
{% macro export(table) %}
    {%- set relation = source('techwolf', table) -%}
    {%- set found = techwolf.found_columns(relation) %}
    select
        {%- for column, kind in techwolf.export_columns(table).items() %}
        {{ techwolf.export_column(column, kind, found.get(column)) }} as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    {%- if found %}
    from {{ relation }}
    {%- else %}
    where 1 = 0
    {%- endif %}
{% endmacro %}

{% macro export_column(column, kind, data_type) %}
    {%- if data_type is none -%}
        {{ return('cast(null as ' ~ techwolf.column_type(kind) ~ ')') }}
    {%- elif kind == 'json' -%}
        {{ return(techwolf.as_json(column, data_type)) }}
    {%- elif kind == 'date-time' -%}
        {{ return(techwolf.as_utc(column, data_type)) }}
    {%- endif -%}
    {{ return('cast(' ~ column ~ ' as ' ~ techwolf.column_type(kind) ~ ')') }}
{% endmacro %}

{#- Whether a column of this type may contain texts that are not JSON or not a date-time. -#}
{% macro may_be_unreadable(data_type) %}
    {%- set name = data_type | lower -%}
    {{ return(name == 'json' or name == 'text' or name.startswith(('varchar', 'character varying'))) }}
{% endmacro %}

{#- A query: how many rows have a text in place of JSON or of a date-time, in each column. -#}
{% macro unreadable_values() %}
    {%- set queries = [] -%}
    {%- for table in (techwolf.exports() | list) + ['completed_passes'] -%}
        {%- set relation = source('techwolf', table) -%}
        {%- set found = techwolf.found_columns(relation) -%}
        {%- for column, kind in techwolf.export_columns(table).items()
            if kind in ('json', 'date-time') and column in found
            and techwolf.may_be_unreadable(found[column]) -%}
            {%- do queries.append(
                "select '" ~ table ~ "' as unreadable_table, '" ~ column ~ "' as unreadable_column,"
                ~ " count(*) as row_count from " ~ relation
                ~ " where " ~ column ~ " is not null and "
                ~ techwolf.export_column(column, kind, found[column]) ~ " is null having count(*) > 0"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') or 'select 1 as unreadable_table where 1 = 0' }}
{% endmacro %}

{#- A query: like export, without removed employees and jobs unless techwolf_keep_removed is set. -#}
{% macro current_export(table) %}
    {%- set key = techwolf.exports()[table].key %}
    select exported.*
    from ({{ techwolf.export(table) }}) as exported
    where exported.{{ key }} is not null
    {%- if not techwolf.keep_removed() %}
        and not exists (
            select 1
            from {{ ref('techwolf_removed') }} as removed
            where removed.stream = '{{ table }}'
                and removed.external_id = exported.{{ key }}
                -- If techwolf_removed is a table, keep rows that were loaded again after it was built.
                and exported.exported_at <= removed.last_exported_at
        )
    {%- endif %}
{% endmacro %}
