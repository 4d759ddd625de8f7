select stream, external_id, last_exported_at, noticed_at
from ({{ techwolf.removed() }}) as removed
