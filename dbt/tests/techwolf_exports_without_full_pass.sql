{{ config(
    severity='warn',
    description='Exports that were never loaded in full, as far as completed_passes says. In a new or emptied warehouse, all older rows are missing: run a full sync. With a permanent start_date this is expected.'
) }}
-- depends_on: {{ ref('techwolf_removed') }}
{{ techwolf.exports_without_full_pass() }}
