{{ config(
    severity='warn',
    description='How many rows have a text in place of JSON or of a date-time, in each column. The models take it for null.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.unreadable_values() }}
