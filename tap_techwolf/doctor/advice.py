"""What to do about an HTTP status or a lost request."""

from __future__ import annotations

from http import HTTPStatus

from tap_techwolf.api.redaction import status_text

_ADVICE: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: (
        "Check the settings that shape the request: 'external_vendor', the task includes, "
        "'job_family_ids' and 'api_version'. If they are right, please report this."
    ),
    HTTPStatus.UNAUTHORIZED: "Check 'region', 'audience', 'tenant', 'scopes' and 'api_url'.",
    HTTPStatus.FORBIDDEN: (
        "Ask TechWolf whether your company has this export and the client may read it, or "
        "deselect the stream."
    ),
    HTTPStatus.NOT_FOUND: (
        "Check 'tenant', 'region' and 'api_url', and ask TechWolf whether your company has this "
        "export."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: "The API limits requests. Run again later.",
}
_ADVICE[HTTPStatus.UNPROCESSABLE_ENTITY] = _ADVICE[HTTPStatus.BAD_REQUEST]

NO_ANSWER = "Check 'tenant', 'region', 'api_url' and the network, or run again later."


def advice_for(status: int) -> str:
    """Return what to do about a status of an export.

    Args:
        status: An HTTP status other than 200.
    """
    if status in _ADVICE:
        return _ADVICE[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "Run again later, and ask TechWolf if it stays so."
    if status >= HTTPStatus.BAD_REQUEST:
        return "Check the settings, and ask TechWolf if they are right."
    return "Check 'tenant', 'region' and 'api_url'. Redirects are not followed."


def answered(status: int) -> str:
    """Return in words how a request was answered, without any word of the answer.

    Args:
        status: The HTTP status.

    Returns:
        For example `answered 403 Forbidden`.
    """
    return f"answered {status_text(status)}"
