{#- What dbt checks before it builds or tests any model of the package. -#}
{% macro check_project() %}
    {%- set selected = graph.nodes.values() | selectattr('unique_id', 'in', selected_resources)
        | selectattr('package_name', 'equalto', 'techwolf') | list if execute else [] -%}
    {%- if selected -%}
        {%- do techwolf.refuse_incremental(selected) -%}
        {%- do techwolf.refuse_unknown_identifiers() -%}
        {%- do techwolf.refuse_no_exports() -%}
    {%- endif -%}
{% endmacro %}

{#- Each build would add all rows again. -#}
{% macro refuse_incremental(nodes) %}
    {%- for node in nodes if node.resource_type == 'model'
        and node.config.materialized == 'incremental' and not node.name.endswith('_history') -%}
        {{ exceptions.raise_compiler_error(
            node.name ~ " cannot be materialized as incremental: use table, view or ephemeral."
        ) }}
    {%- endfor -%}
{% endmacro %}

{% macro refuse_unknown_identifiers() %}
    {%- for table in var('techwolf_identifiers', none) or {} if table not in techwolf.loaded_tables() -%}
        {{ exceptions.raise_compiler_error(
            "The variable techwolf_identifiers names '" ~ table ~ "', which is none of: "
            ~ techwolf.loaded_tables() | join(", ") ~ "."
        ) }}
    {%- endfor -%}
{% endmacro %}

{#- A wrong schema would otherwise replace every model by an empty one. -#}
{% macro refuse_no_exports() %}
    {%- set found = [] -%}
    {%- for table in techwolf.exports() if techwolf.found_columns(table) -%}
        {%- do found.append(table) -%}
    {%- endfor -%}
    {%- if not found -%}
        {%- set one = source('techwolf', techwolf.exports() | first) -%}
        {{ exceptions.raise_compiler_error(
            "No table of tap-techwolf was found in the schema '" ~ one.schema ~ "'"
            ~ (" of the database '" ~ one.database ~ "'" if one.database else "")
            ~ ". Set the variable techwolf_schema to the schema that the loader writes to, or load first."
        ) }}
    {%- endif -%}
{% endmacro %}
