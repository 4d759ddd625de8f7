{{ config(
    severity='warn',
    description='How many employees and jobs the last full pass did not return, but that are not counted as removed: a pass that may have still been running wrote their rows. The next full sync decides.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.unproven_removals() }}
