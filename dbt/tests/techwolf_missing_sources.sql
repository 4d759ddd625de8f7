{{ config(
    severity='warn',
    description='Tables and columns that were missing when dbt built, so models are empty or columns are null. Optional exports count once completed_passes names them.'
) }}
{%- set missing = [] -%}
{%- for table, columns in techwolf.loaded_tables().items() -%}
    {%- set found = techwolf.found_columns(table) -%}
    {%- if not found -%}
        {%- do missing.append((table, '')) -%}
    {%- else -%}
        {%- for column in columns if column not in found -%}
            {%- do missing.append((table, column)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endfor -%}
{%- for table, column in missing %}
select '{{ table }}' as missing_table, '{{ column }}' as missing_column
{%- if table in techwolf.exports() and techwolf.exports()[table].is_optional %}
from ({{ techwolf.logged_streams() }}) as logged where stream = '{{ table }}'
{%- endif %}
{%- if not loop.last %}
union all
{%- endif %}
{%- else %}
select 1 as missing_table
{{ techwolf.from_nothing() }}
{%- endfor %}
