{#- A query: the elements of an array that have an id. If an id is repeated, the first one is kept. -#}
{% macro identified_elements(relation, keep, array, key) %}
    select {{ keep | join(', ') }}, element_id, element
    from (
        select
            identified.*,
            row_number() over (
                partition by {{ (keep | reject('equalto', 'exported_at') | list + ['element_id']) | join(', ') }}
                order by position
            ) as occurrence
        from (
            select unnested.*, {{ techwolf.json_text('element', key) }} as element_id
            from ({{ techwolf.elements(relation, keep, array) }}) as unnested
        ) as identified
        where element_id is not null
    ) as counted
    where occurrence = 1
{% endmacro %}

{#- A query: the tasks of a task profile export, each still as JSON. -#}
{% macro tasks(table) %}
    select external_id, exported_at, element_id as task_id, element as task
    from (
        {{ techwolf.identified_elements(
            '(' ~ techwolf.current_export(table) ~ ') as profiles',
            ['external_id', 'exported_at'], 'tasks', 'task_id'
        ) }}
    ) as identified
{% endmacro %}

{#- A query: the elements of an array in each task, such as its skills. -#}
{% macro task_parts(table, array, key) %}
    {{ techwolf.identified_elements(
        '(' ~ techwolf.tasks(table) ~ ') as tasks',
        ['external_id', 'exported_at', 'task_id'], techwolf.json_member('task', array), key
    ) }}
{% endmacro %}

{#- A query: the columns of a model of tasks. -#}
{% macro task_columns(table, entity_id) %}
    select
        external_id as {{ entity_id }},
        task_id,
        {{ techwolf.json_text('task', 'task') }} as task,
        {{ techwolf.json_text('task', 'validation_state') }} as validation_state,
        {{ techwolf.json_number('task', 'weekly_hours') }} as weekly_hours,
        {{ techwolf.json_text(techwolf.json_member('task', 'ai_impact'), 'level') }} as ai_impact_level,
        {{ techwolf.json_text(techwolf.json_member('task', 'ai_impact'), 'rationale') }}
            as ai_impact_rationale,
        exported_at
    from ({{ techwolf.tasks(table) }}) as tasks
{% endmacro %}
