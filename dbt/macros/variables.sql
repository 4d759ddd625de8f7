{#- The variables that a project may set, validated. models/sources.yml uses the others. -#}

{% macro keep_removed() %}
    {{ return(techwolf.is_set('techwolf_keep_removed')) }}
{% endmacro %}

{% macro keep_rejected() %}
    {{ return(techwolf.is_set('techwolf_keep_rejected')) }}
{% endmacro %}

{% macro is_set(name) %}
    {#- A variable from the environment is a string, and any non-empty string is true. -#}
    {{ return((var(name, false) | string | lower) in ('true', '1', 'yes')) }}
{% endmacro %}

{% macro max_removed_share() %}
    {%- set share = var('techwolf_max_removed_share', 0.2) | float(-1) -%}
    {%- if share < 0 or share > 1 -%}
        {{ exceptions.raise_compiler_error(
            "The variable techwolf_max_removed_share must be a number from 0 to 1."
        ) }}
    {%- endif -%}
    {{ return(share) }}
{% endmacro %}
