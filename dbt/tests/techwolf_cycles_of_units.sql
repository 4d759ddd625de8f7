{{ config(
    severity='warn',
    description='Units that are their own ancestors, or that are below one. Their path in techwolf_organisational_units ends at depth 50.'
) }}
select organisational_unit_id, parent_id
from {{ ref('techwolf_organisational_units') }}
where depth >= {{ techwolf.deepest_unit() }}
