"""The settings, as a JSON Schema that also documents them."""

from singer_sdk import typing as th

from tap_techwolf.version import USER_AGENT

#: The streams that only exist if the setting `optional_streams` names them.
OPTIONAL_STREAMS = (
    "skills",
    "employees",
    "organisational_units",
    "employee_skill_profiles",
    "job_skill_profiles",
    "employee_position_matches",
)

# In Python, `$` also matches before a line break at the end of the string.
_END = r"$(?!\n)"

# White space that was copied along would be rejected as a wrong secret.
_TRIMMED = rf"^\S(.*\S)?{_END}"

# DNS allows no more characters between two dots of a host name.
_LABEL_LENGTH = 63


def _includes(entity: str, kind: str, default: str, others: str) -> th.Property[list[str]]:
    """Return the setting for what a profile includes: by default, and beyond."""
    includes = [*default.split(), *others.split()]
    return th.Property(
        f"{entity}_{kind}_includes",
        th.ArrayType(th.StringType(allowed_values=includes)),
        default=default.split(),
        title=f"{entity.capitalize()} {kind} details",
        description=f"Optional details to export with each {kind} in {entity}_{kind}_profiles: "
        f"any of {', '.join(includes)}. An empty list exports none.",
    )


SETTINGS = th.PropertiesList(
    th.Property(
        "tenant",
        th.StringType(pattern=rf"^[A-Za-z0-9_-]+{_END}", max_length=_LABEL_LENGTH),
        required=True,
        title="Tenant",
        description="Your company's tenant name at TechWolf: letters, digits, '-' and '_'. It is "
        "the first part of the API's host name and is sent with token requests.",
        examples=["acme"],
    ),
    th.Property(
        "region",
        th.StringType(pattern=rf"^[a-z]{{2,}}[0-9]+{_END}", max_length=_LABEL_LENGTH),
        default="eu3",
        title="Region",
        description="The region that hosts your tenant: eu3 (Europe), us3 (United States) or "
        "another of that form. It determines the API's host name, the token endpoint and the "
        "audience.",
        examples=["eu3", "us3"],
    ),
    th.Property(
        "client_id",
        th.StringType(min_length=1, pattern=_TRIMMED),
        required=True,
        title="Client ID",
        description="The client ID that TechWolf issued to you.",
    ),
    th.Property(
        "client_secret",
        th.StringType(min_length=1, pattern=_TRIMMED),
        secret=True,
        title="Client secret",
        description="The client secret that TechWolf issued to you. Set either this or "
        "`private_key`.",
    ),
    th.Property(
        "private_key",
        th.StringType(min_length=1),
        secret=True,
        title="Private key",
        description="The RSA private key, in PEM format, whose public key is registered with "
        "TechWolf. A literal \\n counts as a line break. Set either this or `client_secret`.",
    ),
    th.Property(
        "private_key_passphrase",
        th.StringType(min_length=1),
        secret=True,
        title="Private key passphrase",
        description="The passphrase of `private_key`, if the key is encrypted.",
    ),
    th.Property(
        "scopes",
        th.ArrayType(th.StringType(min_length=1, pattern=_TRIMMED)),
        default=["read"],
        title="Scopes",
        description="The scopes to request for the access token. The exports need only `read`. An "
        "empty list requests the tenant's default scopes.",
    ),
    th.Property(
        "api_url",
        th.StringType(),
        title="API URL",
        description="The base URL of the API, if it is not https://{tenant}.{region}.techwolf.ai. "
        "Must use https, except on a loopback address.",
    ),
    th.Property(
        "auth_url",
        th.StringType(),
        title="Token endpoint URL",
        description="The URL of the token endpoint, if it is not the usual one for `region`. Must "
        "use https, except on a loopback address.",
    ),
    th.Property(
        "audience",
        th.StringType(min_length=1, pattern=_TRIMMED),
        title="Audience",
        description="The audience of the access token, if it is not {region}.techwolf.ai.",
    ),
    th.Property(
        "api_version",
        th.DateType(),
        title="API version",
        description="The dated API version to use, sent as X-API-Version. Default: your tenant's "
        "version.",
        examples=["2024-12-05"],
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description="The first sync exports only employees and jobs updated since this date. Later "
        "syncs continue from their bookmark instead. Default: export everything.",
        examples=["2026-01-01T00:00:00Z"],
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=1),
        default=1,
        title="Lookback days",
        description="How many days before its bookmark an incremental sync starts, at least 1. "
        "More days repeat more records, which loaders update in place by their keys.",
    ),
    th.Property(
        "optional_streams",
        th.ArrayType(th.StringType(allowed_values=list(OPTIONAL_STREAMS))),
        default=[],
        title="Optional streams",
        description=f"Further exports to load, if your company has them: any of "
        f"{', '.join(OPTIONAL_STREAMS)}.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=100),
        default=100,
        title="Page size",
        description="Records per request, 1 to 100. Smaller pages need more requests. At 100, "
        "`employees` and `organisational_units` are read with 200 per request.",
    ),
    th.Property(
        "parallel_streams",
        th.IntegerType(minimum=1, maximum=9),
        default=3,
        title="Parallel streams",
        description="How many exports to read at the same time, 1 to 9. 1 reads one after another.",
    ),
    th.Property(
        "is_active",
        th.BooleanType(),
        title="Active employees",
        description="true: export only active employees. false: only inactive ones. Default: all "
        "employees. Does not affect jobs, and not `employees`, which lists leavers, too.",
    ),
    th.Property(
        "external_vendor",
        th.StringType(allowed_values=["techwolf", "workday", "sap_attribute_library"]),
        title="Skill vocabulary",
        description="The vendor whose skill names to use: techwolf, workday or "
        "sap_attribute_library. The vendor must be enabled for your tenant. Default: TechWolf's "
        "skill names.",
    ),
    th.Property(
        "ai_goal_versions",
        th.StringType(allowed_values=["latest", "all"]),
        default="latest",
        title="AI goal versions",
        description="latest: only each employee's newest AI goal, with external_id as the key. "
        "all: every version, with external_id and version as the key.",
    ),
    th.Property(
        "task_profile_format",
        th.StringType(allowed_values=["list", "hierarchy"]),
        default="list",
        title="Task profile format",
        description="list: export tasks as a flat list in the column `tasks`. hierarchy: export "
        "them as a tree in the column `hierarchy`. The other column is null.",
    ),
    _includes(
        "employee", "task", "ai_impact source_events linked_skills weekly_hours", "rejected_tasks"
    ),
    _includes("job", "task", "ai_impact source_data linked_skills weekly_hours", "rejected_tasks"),
    _includes(
        *("employee", "skill", "skill_validation_state"),
        "sources rejected_skills low_data_availability_flag",
    ),
    _includes(
        *("job", "skill", "proficiency_level critical"),
        "proficiency_float low_data_availability_flag",
    ),
    th.Property(
        "job_family_ids",
        th.ArrayType(th.StringType(min_length=1, pattern=_TRIMMED)),
        title="Job families",
        description="Export only jobs in the job families with these IDs. Default: all jobs.",
    ),
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1, maximum=86400),
        default=300,
        title="Request timeout",
        description="How many seconds a request may take before it is retried, 1 to 86400.",
    ),
    th.Property(
        "max_attempts",
        th.IntegerType(minimum=1),
        default=8,
        title="Maximum attempts",
        description="How many times to try a request before giving up, including the first try.",
    ),
    th.Property(
        "user_agent",
        th.StringType(pattern=rf"^[\x21-\x7E]([\x20-\x7E]*[\x21-\x7E])?{_END}"),
        default=USER_AGENT,
        title="User agent",
        description="The User-Agent header to send with each request.",
    ),
    additional_properties=False,
)

#: Their names, so that code which refers to a setting that is not there fails early.
SETTING_NAMES = frozenset(SETTINGS.to_dict()["properties"])
