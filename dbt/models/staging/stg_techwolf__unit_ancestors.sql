with recursive units as (
    -- Each unit once, or the rows would double with each level.
    select organisational_unit_id, name, parent_id
    from (
        select
            organisational_unit_id,
            name,
            parent_id,
            row_number() over (
                partition by organisational_unit_id
                order by exported_at desc nulls last
            ) as recency
        from {{ ref('stg_techwolf__organisational_units') }}
    ) as numbered
    where recency = 1
),

ancestors as (
    select
        organisational_unit_id,
        organisational_unit_id as ancestor_id,
        parent_id as next_id,
        0 as distance,
        cast(coalesce(name, organisational_unit_id) as {{ techwolf.column_type('text') }}) as path
    from units
    union all
    select
        ancestors.organisational_unit_id,
        units.organisational_unit_id as ancestor_id,
        units.parent_id as next_id,
        ancestors.distance + 1 as distance,
        cast(
            coalesce(units.name, units.organisational_unit_id) || ' / ' || ancestors.path
            as {{ techwolf.column_type('text') }}
        ) as path
    from ancestors
    inner join units on units.organisational_unit_id = ancestors.next_id
    -- Units that are their own ancestors would never end.
    where ancestors.distance < {{ techwolf.deepest_unit() }}
)

select organisational_unit_id, ancestor_id, distance, path
from ancestors
