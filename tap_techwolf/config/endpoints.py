"""The addresses of the API and of its token endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to find the API and its token endpoint.

    Attributes:
        api_url: The base URL of the API, without a trailing slash.
        auth_url: The URL of the token endpoint.
        audience: The audience to request a token for.
    """

    api_url: str
    auth_url: str
    audience: str


# As listed on TechWolf's documentation page about authentication.
_AUTH_URLS = {
    "eu": "https://techwolf.eu.auth0.com/oauth/token",
    "us": "https://techwolf-us.us.auth0.com/oauth/token",
}


def auth_url_of(region: str) -> str | None:
    """Return the token endpoint of a region.

    Args:
        region: The region, such as `eu3`.

    Returns:
        The URL, or None if TechWolf does not document one for this region.
    """
    return _AUTH_URLS.get(region.rstrip("0123456789"))


def endpoints(config: Mapping[str, Any]) -> Endpoints:
    """Return the addresses that the settings lead to.

    Args:
        config: Valid settings, defaults included.

    Returns:
        The addresses of the settings, or else those of the region.
    """
    region = config["region"]
    default_api_url = f"https://{config['tenant']}.{region}.techwolf.ai"
    return Endpoints(
        api_url=config.get("api_url", default_api_url).rstrip("/"),
        auth_url=config.get("auth_url") or auth_url_of(region) or "",
        audience=config.get("audience", f"{region}.techwolf.ai"),
    )
