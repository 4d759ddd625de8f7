{{ config(
    severity='warn',
    description='Exports whose last loaded full pass returned over 20 % fewer records than the one before it with the same settings.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.volume_drops() }}
