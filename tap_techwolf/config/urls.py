"""Derive the URLs of the API and its token endpoint, and check that a URL is safe to send to."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The base URL of the API (without a trailing slash), its token endpoint and its audience."""

    api_url: str
    auth_url: str
    audience: str


# As listed on TechWolf's documentation page about authentication.
_AUTH_URLS = {
    "eu": "https://techwolf.eu.auth0.com/oauth/token",
    "us": "https://techwolf-us.us.auth0.com/oauth/token",
}


def auth_url_of(region: str) -> str | None:
    """Return the token endpoint of a region such as `eu3`, or None if none is documented."""
    return _AUTH_URLS.get(region.rstrip("0123456789"))


def endpoints(config: Mapping[str, Any]) -> Endpoints:
    """Return the URLs and the audience from valid settings, or else those of the region."""
    region = config["region"]
    default_api_url = f"https://{config['tenant']}.{region}.techwolf.ai"
    return Endpoints(
        api_url=config.get("api_url", default_api_url).rstrip("/"),
        auth_url=config.get("auth_url") or auth_url_of(region) or "",
        audience=config.get("audience", f"{region}.techwolf.ai"),
    )


def is_safe_url(text: str) -> bool:
    """Return whether a URL can be requested and keeps the credentials sent to it secret.

    It must use https, or http on a loopback address. Errors and logs may show it, so it must
    not contain a user, password, query or fragment.
    """
    if not text.isprintable() or any(one.isspace() or one in "?#@\\" for one in text):
        return False
    prepared = PreparedRequest()
    try:
        # As it will be sent: checks host and port, and converts international names to ASCII.
        prepared.prepare_url(text, None)
        url = urlsplit(prepared.url or "")
        host = url.hostname or ""
        # Fails if a label is empty or too long. Connecting would fail with the same error.
        host.encode("idna")
    except ValueError:
        return False
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
