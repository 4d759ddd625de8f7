"""What users have to do after they change a setting."""

from __future__ import annotations

_NOTHING = "nothing"
_FULL_SYNC = "run a full sync"
_STARTS_OVER = f"{_NOTHING}; an interrupted pass starts over"
_EVERY_SYNC_IS_FULL = f"{_NOTHING}: each sync of this export is a full one"
_OTHER_TENANT = (
    "use a separate state and separate tables: the tap rejects another tenant's bookmark before "
    "any request"
)
_NEW_KEY = (
    "drop the table `employee_ai_goals`, then run a full sync: the key changes, and loaders do not "
    "change the key of a table"
)
_NARROWER = (
    f"{_FULL_SYNC}; after two of them and one more run, rows outside the new filter count as "
    "removed"
)

#: By the setting's name.
CHANGES = {
    "tenant": _OTHER_TENANT,
    "region": f"{_OTHER_TENANT} (`region` determines the audience)",
    "client_id": _NOTHING,
    "client_secret": _NOTHING,
    "private_key": _NOTHING,
    "private_key_passphrase": _NOTHING,
    "scopes": _NOTHING,
    "api_url": _STARTS_OVER,
    "auth_url": _NOTHING,
    "audience": _OTHER_TENANT,
    "api_version": _FULL_SYNC,
    "start_date": (
        "nothing, as it has no effect once there is a bookmark; to load older records after moving "
        "it back, run a full refresh"
    ),
    "lookback_days": _STARTS_OVER,
    "optional_streams": (
        "for one that is added: discover the catalog again if you pass one; its first sync is a "
        "full one. For one that is taken out: see below"
    ),
    "page_size": _NOTHING,
    "parallel_streams": _NOTHING,
    "is_active": _NARROWER,
    "external_vendor": _FULL_SYNC,
    "ai_goal_versions": _NEW_KEY,
    "task_profile_format": f"{_FULL_SYNC}; the column of the other format becomes null",
    "employee_task_includes": _FULL_SYNC,
    "job_task_includes": _FULL_SYNC,
    "employee_skill_includes": _EVERY_SYNC_IS_FULL,
    "job_skill_includes": _EVERY_SYNC_IS_FULL,
    "job_family_ids": _NARROWER,
    "request_timeout": _NOTHING,
    "max_attempts": _NOTHING,
    "user_agent": _NOTHING,
}
