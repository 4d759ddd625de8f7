{{ config(
    severity='warn',
    description='Tables in which it is not certain who is removed, so that nobody is, and why.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.removal_doubts() }}
