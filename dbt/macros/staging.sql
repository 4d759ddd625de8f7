{#- The queries of models/staging/, the only ones that read the loaded tables and their JSON. -#}

{#- A query: an export, with its key by the models' name, without removed employees and jobs unless
    techwolf_keep_removed is set. Of several rows with one key, as a loader that only appends leaves
    them, the newest counts. -#}
{% macro current_export(table) %}
    {%- set export = techwolf.exports()[table] %}
    {%- set identity = [export.key] + (['version'] if 'version' in export.columns else []) %}
    select
        exported.{{ export.key }} as {{ export.id }}
        {%- for column in export.columns if column != export.key %},
        exported.{{ column }}
        {%- endfor %}
    from (
        select
            loaded_rows.*,
            row_number() over (
                partition by {{ identity | join(', ') }}
                order by case when exported_at is null then 1 else 0 end, exported_at desc
            ) as place
        from ({{ techwolf.export(table) }}) as loaded_rows
        where {{ export.key }} is not null
    ) as exported
    where exported.place = 1
    {%- if not techwolf.keep_removed() %}
        and not exists (
            select 1
            from {{ ref('techwolf_removed') }} as removed
            where removed.stream = '{{ table }}'
                and removed.external_id = exported.{{ export.key }}
                -- Keep rows that were loaded again after techwolf_removed was built.
                and exported.exported_at <= removed.last_exported_at
        )
    {%- endif %}
{% endmacro %}

{#- A query: a row for each row of an export. In place of a list, whether there is one. -#}
{% macro staged_export(table) %}
    {%- set export = techwolf.exports()[table] %}
    select
        {{ export.id }}
        {%- for column, kind in export.columns.items() if column != export.key %},
        {% if kind == 'json' -%}
        {{ techwolf.is_json_array(column) }} as has_{{ column }}
        {%- else -%}
        {{ column }}
        {%- endif %}
        {%- endfor %}
    from ({{ techwolf.current_export(table) }}) as current_rows
{% endmacro %}

{#- A query: a row for each element of a list, in the API's order, with its keys as columns.

    Elements without an id are rows, too. `is_kept` marks those that count: of several with the same
    id, the first.

    - relation: the rows that have the list, with an alias and without a column named `position`
    - owner: the columns that identify such a row
    - keep: more columns of it
    - list: the column of the list
    - columns: as name: [key, kind]; the first one is the element's id. A kind is `text`, `number`,
      `boolean` or `json`; a key may be a path, such as `ai_impact.level`.
    - last: a condition for elements that are only kept if no other has the same id
-#}
{% macro staged_elements(relation, owner, keep, list, columns, last=none) %}
    {%- set id = columns | first %}
    select
        {{ (owner + keep) | join(', ') }},
        position
        {%- for column in columns %},
        {{ column }}
        {%- endfor %},
        {{ id }} is not null and row_number() over (
            partition by {{ (owner + [id]) | join(', ') }}
            order by {% if last %}case when {{ last }} then 1 else 0 end, {% endif %}position
        ) = 1 as is_kept
    from (
        {{ techwolf.element_columns(relation, owner + keep, list, columns) }}
    ) as elements
{% endmacro %}

{#- A value in a JSON object, by its key or path. -#}
{% macro json_value(json, key, kind) %}
    {%- set keys = key.split('.') -%}
    {%- set within = namespace(json=json) -%}
    {%- for outer in keys[:-1] -%}
        {%- set within.json = techwolf.json_member(within.json, outer) -%}
    {%- endfor -%}
    {%- if kind == 'number' -%}
        {{ return(techwolf.json_number(within.json, keys[-1])) }}
    {%- elif kind == 'json' -%}
        {{ return(techwolf.json_member(within.json, keys[-1])) }}
    {%- endif -%}
    {%- set text = techwolf.json_text(within.json, keys[-1]) -%}
    {%- if kind == 'boolean' -%}
        {{ return("case " ~ text ~ " when 'true' then true when 'false' then false end") }}
    {%- endif -%}
    {{ return(text) }}
{% endmacro %}

{#- A query: the tasks of task profiles, with the lists in each. -#}
{% macro staged_tasks(table, sources) %}
    {{ techwolf.staged_elements(
        relation='(' ~ techwolf.current_export(table) ~ ') as profiles',
        owner=[techwolf.exports()[table].id],
        keep=['exported_at'],
        list='tasks',
        columns={
            'task_id': ['task_id', 'text'],
            'task': ['task', 'text'],
            'validation_state': ['validation_state', 'text'],
            'weekly_hours': ['weekly_hours', 'number'],
            'ai_impact_level': ['ai_impact.level', 'text'],
            'ai_impact_rationale': ['ai_impact.rationale', 'text'],
            'linked_skills': ['linked_skills', 'json'],
            sources: [sources, 'json'],
        },
        last="validation_state = 'rejected'",
    ) }}
{% endmacro %}

{#- A query: the elements of a list in each task, beside the state of the task. -#}
{% macro staged_task_parts(tasks, id, list, columns) %}
    {%- set owner = [id, 'task_id'] -%}
    {%- set keep = ['validation_state', 'exported_at'] -%}
    {%- set selected = (owner + keep + [list]) | join(', ') -%}
    {{ techwolf.staged_elements(
        '(select ' ~ selected ~ ' from ' ~ tasks ~ ' where is_kept) as tasks',
        owner, keep, list, columns
    ) }}
{% endmacro %}

{#- A query: the skills of skill profiles. -#}
{% macro staged_skills(table, columns) %}
    {{ techwolf.staged_elements(
        relation='(' ~ techwolf.current_export(table) ~ ') as profiles',
        owner=[techwolf.exports()[table].id],
        keep=['exported_at'],
        list='skills',
        columns=dict(
            skill_id=['skill_id', 'text'],
            skill=['skill', 'text'],
            validation_state=['validation_state', 'text'],
            **columns
        ),
        last="validation_state = 'rejected'",
    ) }}
{% endmacro %}

{#- How many units a unit may have above it. More are left out, as of one that is its own ancestor. -#}
{% macro deepest_unit() %}
    {{ return(50) }}
{% endmacro %}

{#- A condition: whether the models show a task or skill, or something of it. -#}
{% macro is_shown() %}
    {%- if techwolf.keep_rejected() -%}
        {{ return('is_kept') }}
    {%- endif -%}
    {{ return("is_kept and coalesce(validation_state, '') <> 'rejected'") }}
{% endmacro %}

{#- A query: the elements of a list in each AI goal. -#}
{% macro staged_targets(list, id) %}
    {{ techwolf.staged_elements(
        relation='(' ~ techwolf.current_export('employee_ai_goals') ~ ') as goals',
        owner=['employee_id', 'version'], keep=[], list=list, columns={id: [id, 'text']},
    ) }}
{% endmacro %}
