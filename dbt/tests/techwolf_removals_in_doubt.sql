{{ config(
    severity='warn',
    description='Tables in which nothing counts as removed, because the evidence is inconclusive, and why.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.removal_doubts() }}
