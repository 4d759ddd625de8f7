{#- Delete the rows of what is removed from the loaded tables, and of removed employees from their history:

    dbt run-operation techwolf_delete_removed [--args '{dry_run: true}']
-#}
{% macro techwolf_delete_removed(dry_run=false) %}
    {%- do techwolf.refuse_no_exports() -%}
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

    {#- First, as it looks the removed employees up in the loaded table. -#}
    {%- set deletions = techwolf.history_deletions(removed, doubts) -%}
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

{#- Statements, of which there may be none: delete removed employees from the history of their tasks, even
    if it is not built any more. They say how many rows there are. -#}
{% macro history_deletions(removed, doubts) %}
    {%- set stream = 'employee_task_profiles' -%}
    {%- set name = 'techwolf_employee_task_history' -%}
    {%- set built = graph.nodes.get('model.techwolf.' ~ name) -%}
    {%- set beside = built or graph.nodes['model.techwolf.techwolf_removed'] -%}
    {%- set history = adapter.get_relation(
        database=beside.database, schema=beside.schema, identifier=built.alias if built else name
    ) -%}
    {%- if history is none -%}
        {%- do log(name ~ ": there is no such table in the schema '" ~ beside.schema ~ "'", info=true) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set conditions = [
        "employee_id in (select external_id from (" ~ removed ~ ") as removed where stream = '" ~ stream ~ "')"
    ] -%}
    {%- if techwolf.found_columns(stream) and stream not in doubts.rows | map(attribute=0) -%}
        {#- Their loaded rows were deleted earlier, without these: all of their tasks have ended, and a loaded
            full pass that began later, or ended them, did not bring them back. -#}
        {%- do conditions.append(
            "employee_id not in (select external_id from ("
            ~ techwolf.export(stream, ['external_id']) ~ ") as exported where external_id is not null)"
            ~ " and employee_id not in (select employee_id from " ~ history ~ " where valid_to is null)"
            ~ " and valid_to <= (select max(began_at) from (" ~ techwolf.logged_passes() ~ ") as passes"
            ~ " where stream = '" ~ stream ~ "' and is_full and record_count > 0 and loaded_at is not null)"
        ) -%}
    {%- endif -%}
    {%- set condition = '(' ~ conditions | join(') or (') ~ ')' -%}
    {%- set found = run_query(
        'select count(*), count(distinct employee_id) from ' ~ history ~ ' where ' ~ condition
    ).rows[0] -%}
    {%- do log(name ~ ": " ~ found[0] ~ " rows of " ~ found[1] ~ " removed employees", info=true) -%}
    {{ return(['delete from ' ~ history ~ ' where ' ~ condition] if found[0] else []) }}
{% endmacro %}
