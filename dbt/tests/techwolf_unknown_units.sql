{{ config(
    severity='warn',
    description='Units that employees or other units name, but that are not in organisational_units, and by how many. Employees of such a unit count in no row of techwolf_unit_ai_exposure, and units below it are roots.'
) }}
with named as (
    select 'employees' as named_by, organisational_unit as organisational_unit_id
    from {{ ref('stg_techwolf__employees') }}
    union all
    select 'organisational_units' as named_by, parent_id as organisational_unit_id
    from {{ ref('stg_techwolf__organisational_units') }}
),

-- Without any unit, the export is not loaded.
units as (
    select count(*) as unit_count from {{ ref('stg_techwolf__organisational_units') }}
)

select named.named_by, named.organisational_unit_id, count(*) as occurrences
from named
inner join units on units.unit_count > 0
left join {{ ref('stg_techwolf__organisational_units') }} as known
    on known.organisational_unit_id = named.organisational_unit_id
where named.organisational_unit_id is not null and known.organisational_unit_id is null
group by named.named_by, named.organisational_unit_id
