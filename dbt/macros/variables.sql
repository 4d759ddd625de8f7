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
    {%- if not (share >= 0 and share <= 1) -%}
        {{ exceptions.raise_compiler_error(
            "The variable techwolf_max_removed_share must be a number from 0 to 1."
        ) }}
    {%- endif -%}
    {{ return(share) }}
{% endmacro %}

{#- A day in a variable, as a text such as 2026-12-31. Empty if the variable is not set. -#}
{% macro day(name) %}
    {%- set text = (var(name, none) or '') | string -%}
    {%- set found = modules.re.fullmatch('(20[0-9]{2})-(0[1-9]|1[0-2])-([0-9]{2})', text) -%}
    {%- set is_day = namespace(valid=not text) -%}
    {%- if found -%}
        {%- set year, month, day = found.group(1) | int, found.group(2) | int, found.group(3) | int -%}
        {%- set next_month = modules.datetime.date(year + month // 12, month % 12 + 1, 1) -%}
        {%- set last = (next_month - modules.datetime.timedelta(days=1)).day -%}
        {%- set is_day.valid = 1 <= day <= last -%}
    {%- endif -%}
    {%- if not is_day.valid -%}
        {{ exceptions.raise_compiler_error(
            "The variable " ~ name ~ " must be a day such as 2026-12-31, not '" ~ text ~ "'."
        ) }}
    {%- endif -%}
    {{ return(text) }}
{% endmacro %}
