{%- set levels = techwolf.ai_impact_levels() -%}
with memberships as (
    -- A unit that is its own ancestor would count its employees several times.
    select distinct organisational_unit_id, ancestor_id
    from {{ ref('stg_techwolf__unit_ancestors') }}
),

hours as (
    select
        memberships.ancestor_id as organisational_unit_id,
        count(*) as employees,
        sum(exposure.weekly_hours) as weekly_hours
        {%- for level in levels %},
        sum(exposure.hours_{{ level }}) as hours_{{ level }}
        {%- endfor %}
    from memberships
    inner join {{ ref('techwolf_employee_ai_exposure') }} as exposure
        on exposure.organisational_unit_id = memberships.organisational_unit_id
    -- Nothing is known of some: they may be active.
    where coalesce(exposure.is_active, true)
    group by memberships.ancestor_id
)

select
    units.organisational_unit_id,
    units.organisational_unit,
    units.path,
    coalesce(hours.employees, 0) as employees,
    hours.weekly_hours
    {%- for level in levels %},
    hours.hours_{{ level }}
    {%- endfor %}
    {%- for level in levels %},
    hours.hours_{{ level }} / nullif(hours.weekly_hours, 0) as share_{{ level }}
    {%- endfor %}
from {{ ref('techwolf_organisational_units') }} as units
left join hours on hours.organisational_unit_id = units.organisational_unit_id
