{#- Delete the rows of what is removed from the loaded tables:

    dbt run-operation techwolf_delete_removed [--args '{dry_run: true}']
-#}
{% macro techwolf_delete_removed(dry_run=false) %}
    {#- Does not use the model techwolf_removed, which may be a table that is older than the rows. -#}
    {%- set removed = techwolf.removed() -%}
    {%- set counts = {} -%}
    {%- set query -%}
        select stream, count(*) as entities, sum(row_count) as deleted_rows
        from ({{ removed }}) as removed group by stream
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- do counts.update({row[0]: {'entities': row[1] | int, 'rows': row[2] | int}}) -%}
    {%- endfor -%}

    {%- set doubts = run_query(techwolf.removal_doubts()) -%}
    {%- for row in doubts.rows -%}
        {%- do log(row[0] ~ ": in doubt, as " ~ row[1] ~ ". " ~ row[2], info=true) -%}
    {%- endfor -%}

    {%- set deletions = [] -%}
    {%- for table, export in techwolf.exports().items()
        if not export.is_optional or techwolf.found_columns(table) -%}
        {%- set count = counts.get(table, {'entities': 0, 'rows': 0}) -%}
        {%- do log(
            table ~ ": " ~ count.rows ~ " rows of " ~ count.entities ~ " removed " ~ export.entities,
            info=true
        ) -%}
        {%- if count.rows -%}
            {%- set found = techwolf.found_columns(table) -%}
            {%- do deletions.append(techwolf.delete_statement(table, removed, found)) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if dry_run -%}
        {%- do log("Deleted nothing, as dry_run is set", info=true) -%}
    {%- elif deletions -%}
        {%- do techwolf.run_together(deletions) -%}
        {%- do log("Deleted them", info=true) -%}
    {%- else -%}
        {%- do log("There is nothing to delete", info=true) -%}
    {%- endif -%}
{% endmacro %}

{#- The condition on time protects rows that are loaded again in the meantime. -#}
{% macro delete_statement(table, removed, found) %}
    {%- set key = techwolf.exports()[table].key %}
    delete from {{ source('techwolf', table) }} as exported
    where exists (
        select 1
        from ({{ removed }}) as removed
        where removed.stream = '{{ table }}'
            and removed.external_id = {{ techwolf.export_column('exported.' ~ key, 'text', found[key]) }}
            and {{ techwolf.export_column('exported.exported_at', 'date-time', found['exported_at']) }}
                <= removed.last_exported_at
    )
{% endmacro %}
