{{ config(
    severity='warn',
    description='Full passes that are not known to be loaded, although later passes followed.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.passes_not_loaded() }}
