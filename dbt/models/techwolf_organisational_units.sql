with highest as (
    select
        organisational_unit_id,
        path,
        distance as depth,
        row_number() over (partition by organisational_unit_id order by distance desc) as place
    from {{ ref('stg_techwolf__unit_ancestors') }}
)

select
    units.organisational_unit_id,
    units.name as organisational_unit,
    units.parent_id,
    highest.path,
    highest.depth,
    units.active as is_active,
    units.total_nr_of_employees as total_employees,
    units.exported_at
from {{ ref('stg_techwolf__organisational_units') }} as units
inner join highest
    on highest.organisational_unit_id = units.organisational_unit_id and highest.place = 1
