"""The settings: what each is, what it may be, and what follows from them."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_techwolf.versions import USER_AGENT

EMPLOYEE_INCLUDES = [
    "ai_impact",
    "source_events",
    "linked_skills",
    "rejected_tasks",
    "weekly_hours",
]
JOB_INCLUDES = ["ai_impact", "source_data", "linked_skills", "rejected_tasks", "weekly_hours"]

# A line break at the end would slip past `$` in Python's regular expressions.
_NO_LINE_BREAK = r"$(?!\n)"


def _includes_property(entity: str, includes: list[str]) -> th.Property[list[str]]:
    return th.Property(
        f"{entity}_task_includes",
        th.ArrayType(th.StringType(allowed_values=includes)),
        default=[include for include in includes if include != "rejected_tasks"],
        title=f"{entity.capitalize()} task includes",
        description=(
            f"What each task in {entity}_task_profiles carries beside its name and state. "
            f"Of: {', '.join(includes)}. An empty list asks for none."
        ),
    )


SETTINGS = th.PropertiesList(
    th.Property(
        "tenant",
        th.StringType(pattern=rf"^[A-Za-z0-9_-]+{_NO_LINE_BREAK}"),
        required=True,
        title="Tenant",
        description=(
            "Your company's tenant name at TechWolf: letters, digits, '-' and '_'. It is the "
            "first part of the API's host and goes with the request for a token."
        ),
        examples=["acme"],
    ),
    th.Property(
        "region",
        th.StringType(pattern=rf"^[a-z]{{2,}}[0-9]+{_NO_LINE_BREAK}"),
        default="eu3",
        title="Region",
        description=(
            "Where your tenant lives: eu3 (Europe), us3 (United States) or another of that "
            "form. It decides the API's host, the token endpoint and the audience."
        ),
        examples=["eu3", "us3"],
    ),
    th.Property(
        "client_id",
        th.StringType(min_length=1),
        required=True,
        title="Client ID",
        description="The client id that TechWolf gave you.",
    ),
    th.Property(
        "client_secret",
        th.StringType(min_length=1),
        secret=True,
        title="Client secret",
        description=("The client secret that TechWolf gave you. Set either this or `private_key`."),
    ),
    th.Property(
        "private_key",
        th.StringType(min_length=1),
        secret=True,
        title="Private key",
        description=(
            "The RSA private key, as PEM text, whose public half TechWolf knows. A literal "
            "\\n stands for a line break. Set either this or `client_secret`."
        ),
    ),
    th.Property(
        "private_key_passphrase",
        th.StringType(min_length=1),
        secret=True,
        title="Private key passphrase",
        description="The passphrase of `private_key`, if it is encrypted.",
    ),
    th.Property(
        "scopes",
        th.ArrayType(th.StringType(min_length=1)),
        default=["read"],
        title="Scopes",
        description=(
            "The scopes to ask a token for. `read` is all that the exports need. An empty "
            "list asks for whatever the tenant has."
        ),
    ),
    th.Property(
        "api_url",
        th.StringType(),
        title="API URL",
        description=(
            "The API's address, where it is not https://{tenant}.{region}.techwolf.ai. Must "
            "be https, except on a loopback address."
        ),
    ),
    th.Property(
        "auth_url",
        th.StringType(),
        title="Token endpoint URL",
        description=(
            "The token endpoint, where it is not the one of `region`. Must be https, except "
            "on a loopback address."
        ),
    ),
    th.Property(
        "audience",
        th.StringType(min_length=1),
        title="Audience",
        description="The audience of the token, where it is not {region}.techwolf.ai.",
    ),
    th.Property(
        "api_version",
        th.DateType(),
        title="API version",
        description=(
            "The dated version of the API to speak to, sent as X-API-Version. Unset: the "
            "version that your tenant is on."
        ),
        examples=["2024-12-05"],
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description=(
            "The very first sync asks only for employees and jobs updated since then. Once "
            "there is a bookmark, the bookmark decides. Unset: everything."
        ),
        examples=["2026-01-01T00:00:00Z"],
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=1),
        default=1,
        title="Lookback days",
        description=(
            "How many days before its bookmark an incremental sync starts, at least 1. More "
            "days bring more repeats, which the keys turn into updates."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=100),
        default=100,
        title="Page size",
        description="Employees or jobs a request, 1 to 100. Smaller pages make more requests.",
    ),
    th.Property(
        "is_active",
        th.BooleanType(),
        title="Active employees",
        description=(
            "true: only active employees. false: only inactive ones. Unset: all. Does not "
            "concern jobs."
        ),
    ),
    th.Property(
        "external_vendor",
        th.StringType(allowed_values=["techwolf", "workday", "sap_attribute_library"]),
        title="Skill vocabulary",
        description=(
            "Whose skill names to show: techwolf, workday or sap_attribute_library. A vendor "
            "must be activated on your tenant. Unset: TechWolf's."
        ),
    ),
    th.Property(
        "ai_goal_versions",
        th.StringType(allowed_values=["latest", "all"]),
        default="latest",
        title="AI goal versions",
        description=(
            "latest: each employee's newest AI goal, keyed by external_id. all: every "
            "version, keyed by external_id and version."
        ),
    ),
    th.Property(
        "task_profile_format",
        th.StringType(allowed_values=["list", "hierarchy"]),
        default="list",
        title="Task profile format",
        description=(
            "list: a column `tasks` with a flat list. hierarchy: a column `hierarchy` with "
            "the tree as the API sends it."
        ),
    ),
    _includes_property("employee", EMPLOYEE_INCLUDES),
    _includes_property("job", JOB_INCLUDES),
    th.Property(
        "job_family_ids",
        th.ArrayType(th.StringType(min_length=1)),
        title="Job families",
        description="Only the jobs of these job families. Unset: all jobs.",
    ),
    th.Property(
        "request_timeout",
        th.DecimalType(exclusive_minimum=0, maximum=86400),
        default=300,
        title="Request timeout",
        description="Seconds to wait for the server, up to a day, before a request is tried again.",
    ),
    th.Property(
        "max_attempts",
        th.IntegerType(minimum=1),
        default=8,
        title="Attempts",
        description="How often a request is tried in all before the sync ends.",
    ),
    th.Property(
        "user_agent",
        th.StringType(pattern=rf"^[\x21-\x7E]([\x20-\x7E]*[\x21-\x7E])?{_NO_LINE_BREAK}"),
        default=USER_AGENT,
        title="User agent",
        description="How the tap names itself to the API.",
    ),
    additional_properties=False,
)
