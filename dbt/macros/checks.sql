{#- What dbt checks before it builds or tests any model of the package. -#}
{% macro check_project() %}
    {%- set selected = graph.nodes.values() | selectattr('unique_id', 'in', selected_resources)
        | selectattr('package_name', 'equalto', 'techwolf') | list if execute else [] -%}
    {%- if selected -%}
        {%- do techwolf.refuse_incremental(selected) -%}
        {%- do techwolf.refuse_histories_that_would_be_lost(selected) -%}
        {%- do techwolf.refuse_histories_without_merge(selected) -%}
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

{#- A project's settings for all of its models win over those of the histories, and each build would then
    replace what was kept, or leave states open beside those that ended them. -#}
{% macro refuse_histories_that_would_be_lost(nodes) %}
    {%- for node in nodes if node.resource_type == 'model' and node.name.endswith('_history') -%}
        {%- set config = node.config -%}
        {%- if config.materialized != 'incremental' or config.full_refresh is not false -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ " must be incremental, or each build would replace the history: in your"
                ~ " dbt_project.yml, set '+materialized: incremental' and '+full_refresh: false' for"
                ~ " 'history' below 'techwolf'."
            ) }}
        {%- endif -%}
        {%- set has_states = node.name.endswith('_task_history') -%}
        {%- set strategies = ['merge', 'delete+insert'] + ([] if has_states else ['append']) -%}
        {%- if (config.incremental_strategy or strategies[0]) not in strategies
            or (config.unique_key or []) | length != (3 if has_states else 0) -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ " needs its own unique_key and incremental_strategy, or each build would damage"
                ~ " the history: in your dbt_project.yml, set them for your own models only."
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#- On Spark, only tables of some formats can be changed. -#}
{% macro refuse_histories_without_merge(nodes) %}
    {%- set default = {'spark': 'parquet', 'databricks': 'delta'}.get(target.type) -%}
    {%- for node in nodes if default and node.resource_type == 'model' and node.name.endswith('_history') -%}
        {%- set format = node.config.get('file_format') or default -%}
        {%- if format not in ('delta', 'iceberg', 'hudi') -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ " cannot be kept in the file_format '" ~ format ~ "', whose tables cannot be"
                ~ " changed: set '+file_format' to delta, iceberg or hudi for 'history' below 'techwolf' in"
                ~ " your dbt_project.yml, or take the variable techwolf_history away."
            ) }}
        {%- endif -%}
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
