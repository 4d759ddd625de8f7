{#- The loaded tables, with the columns and types that the models expect. -#}

{#- The exports. To add one, start here, and give it a file in models/staging/:

    - key: what identifies an entity in the loaded table
    - id: what the models call it
    - entities: what it identifies, for messages
    - columns: those that the models use, with their kinds
    - is_optional: whether the tap only loads it if `optional_streams` names it
-#}
{% macro exports() %}
    {%- set task_profiles = {'external_id': 'text', 'tasks': 'json', 'exported_at': 'date-time'} -%}
    {{ return({
        'employee_ai_goals': {
            'key': 'external_id', 'id': 'employee_id', 'entities': 'employees',
            'columns': {
                'external_id': 'text', 'version': 'integer', 'goal': 'text', 'description': 'text',
                'target_skills': 'json', 'target_tasks': 'json', 'job_id': 'text',
                'created_on': 'date-time', 'last_updated': 'date-time', 'exported_at': 'date-time',
            },
        },
        'employee_task_profiles': {
            'key': 'external_id', 'id': 'employee_id', 'entities': 'employees',
            'columns': task_profiles,
        },
        'job_task_profiles': {
            'key': 'external_id', 'id': 'job_id', 'entities': 'jobs', 'columns': task_profiles,
        },
        'skills': {
            'key': 'skill_id', 'id': 'skill_id', 'entities': 'skills', 'is_optional': true,
            'columns': {
                'skill_id': 'text', 'skill_name': 'text', 'skill_description': 'text',
                'skill_source': 'text', 'techwolf_domain': 'text', 'exported_at': 'date-time',
            },
        },
        'employees': {
            'key': 'external_id', 'id': 'employee_id', 'entities': 'employees', 'is_optional': true,
            'columns': {
                'external_id': 'text', 'active': 'boolean', 'assigned_position': 'text',
                'low_data_availability': 'boolean', 'organisational_unit': 'text',
                'last_updated': 'date-time', 'exported_at': 'date-time',
            },
        },
        'organisational_units': {
            'key': 'external_id', 'id': 'organisational_unit_id', 'entities': 'units',
            'is_optional': true,
            'columns': {
                'external_id': 'text', 'name': 'text', 'active': 'boolean', 'parent_id': 'text',
                'total_nr_of_employees': 'number', 'exported_at': 'date-time',
            },
        },
        'employee_skill_profiles': {
            'key': 'external_id', 'id': 'employee_id', 'entities': 'employees', 'is_optional': true,
            'columns': {
                'external_id': 'text', 'skills': 'json', 'low_data_availability': 'boolean',
                'exported_at': 'date-time',
            },
        },
        'job_skill_profiles': {
            'key': 'external_id', 'id': 'job_id', 'entities': 'jobs', 'is_optional': true,
            'columns': {'external_id': 'text', 'skills': 'json', 'exported_at': 'date-time'},
        },
        'employee_position_matches': {
            'key': 'employee_id', 'id': 'employee_id', 'entities': 'employees', 'is_optional': true,
            'columns': {
                'employee_id': 'text', 'job_id': 'text', 'score': 'number', 'exported_at': 'date-time',
            },
        },
    }) }}
{% endmacro %}

{#- The columns of each loaded table, with their kinds: the exports and the log of passes. -#}
{% macro loaded_tables() %}
    {%- set tables = {} -%}
    {%- for table, export in techwolf.exports().items() -%}
        {%- do tables.update({table: export.columns}) -%}
    {%- endfor -%}
    {%- do tables.update({'completed_passes': {
        'stream': 'text', 'began_at': 'date-time', 'completed_at': 'date-time',
        'is_full': 'boolean', 'record_count': 'integer', 'scope_hash': 'text',
        'loaded_at': 'date-time',
    }}) -%}
    {{ return(tables) }}
{% endmacro %}

{#- The current columns of a loaded table, as name: data type. Empty if there is no such table. Other
    tables may be called `employees` or `skills`: only those with the key and `exported_at` count. -#}
{% macro found_columns(table) %}
    {%- set export = techwolf.exports().get(table, {}) -%}
    {%- set relation = source('techwolf', table) -%}
    {%- set found = {} -%}
    {%- if relation.is_cte -%}
        {#- A unit test gives the rows, with every column in the type that is expected. -#}
        {%- for column, kind in techwolf.loaded_tables()[table].items() -%}
            {%- do found.update({column: techwolf.column_type(kind)}) -%}
        {%- endfor -%}
    {%- elif execute -%}
        {%- set existing = adapter.get_relation(
            database=relation.database, schema=relation.schema, identifier=relation.identifier
        ) -%}
        {%- if existing is not none -%}
            {%- do found.update(techwolf.data_types(adapter.get_columns_in_relation(existing))) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set columns = techwolf.loaded_tables()[table] -%}
    {%- if found.get('data', '') | lower in ('json', 'jsonb') and not columns | select('in', found) | list -%}
        {#- The loader keeps records whole. A member that none of them has is null, and nothing says so:
            techwolf_missing_sources does not read the records. -#}
        {%- for column in columns -%}
            {%- do found.update({column: 'member of data'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if export.is_optional and not (export.key in found and 'exported_at' in found) -%}
        {{ return({}) }}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{#- A query: a loaded table with its columns, or some of them. A missing column is null, a missing table
    empty. -#}
{% macro export(table, columns=none) %}
    {%- set kinds = techwolf.loaded_tables()[table] -%}
    {%- set found = techwolf.found_columns(table) %}
    select
        {%- for column in columns or kinds %}
        {{ techwolf.export_column(column, kinds[column], found.get(column)) }} as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    {%- if found %}
    from {{ source('techwolf', table) }}
    {%- if found.get('exported_at') == 'member of data' %}
    {#- Records of another tap have no such member. -#}
    where {{ techwolf.member_of_data('exported_at', 'text') }} is not null
    {%- endif %}
    {%- else %}
    {{ techwolf.from_nothing() }}
    {%- endif %}
{% endmacro %}

{#- The end of a query that has no rows. -#}
{% macro from_nothing() %}
    {{ return('from (select 1 as nothing) as nowhere where 1 = 0') }}
{% endmacro %}

{% macro export_column(column, kind, data_type) %}
    {%- if data_type is none -%}
        {{ return('cast(null as ' ~ techwolf.column_type(kind) ~ ')') }}
    {%- elif data_type == 'member of data' -%}
        {{ return(techwolf.member_of_data(column, kind)) }}
    {%- elif kind == 'json' -%}
        {{ return(techwolf.as_json(column, data_type)) }}
    {%- elif kind == 'date-time' -%}
        {{ return(techwolf.as_utc(column, data_type)) }}
    {%- endif -%}
    {{ return('cast(' ~ column ~ ' as ' ~ techwolf.column_type(kind) ~ ')') }}
{% endmacro %}

{#- A member of the record that the loader keeps in the column `data`. -#}
{% macro member_of_data(column, kind) %}
    {%- set path = column.split('.') -%}
    {%- set data = (path[:-1] + ['data']) | join('.') -%}
    {%- set key = path | last -%}
    {%- if kind == 'date-time' -%}
        {{ return(techwolf.as_utc(techwolf.json_text(data, key), techwolf.column_type('text'))) }}
    {%- elif kind == 'integer' -%}
        {{ return('cast(' ~ techwolf.json_number(data, key) ~ ' as ' ~ techwolf.column_type(kind) ~ ')') }}
    {%- endif -%}
    {{ return(techwolf.json_value(data, key, kind)) }}
{% endmacro %}

{#- Whether a column of this type may contain texts that are not JSON or not a date-time. -#}
{% macro may_be_unreadable(data_type) %}
    {%- set name = data_type | lower -%}
    {{ return(name in ('json', 'text', 'string', 'member of data') or name.startswith(('varchar', 'character varying'))) }}
{% endmacro %}

{#- A query: how many rows have a text in place of JSON or of a date-time, in each column. -#}
{% macro unreadable_values() %}
    {%- set queries = [] -%}
    {%- for table, columns in techwolf.loaded_tables().items() -%}
        {%- set found = techwolf.found_columns(table) -%}
        {%- for column, kind in columns.items() if kind in ('json', 'date-time') and column in found -%}
            {%- set value = techwolf.export_column(column, kind, found[column]) -%}
            {%- set text = column -%}
            {%- if found[column] == 'member of data' -%}
                {%- set text = techwolf.member_of_data(column, 'text') if kind == 'date-time' else value -%}
            {%- endif -%}
            {%- if value != text and techwolf.may_be_unreadable(found[column]) -%}
                {%- do queries.append(
                    "select '" ~ table ~ "' as unreadable_table, '" ~ column ~ "' as unreadable_column,"
                    ~ " count(*) as row_count from " ~ source('techwolf', table)
                    ~ " where " ~ text ~ " is not null and " ~ value ~ " is null having count(*) > 0"
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') or 'select 1 as unreadable_table ' ~ techwolf.from_nothing() }}
{% endmacro %}
