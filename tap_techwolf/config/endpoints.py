"""Where the API and its token endpoint are, as the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the API and its tokens are.

    Attributes:
        api_url: The API's base URL, without a slash at its end.
        auth_url: The token endpoint.
        audience: Whom the token is for.
    """

    api_url: str
    auth_url: str
    audience: str


# The hosts are those of TechWolf's page on authentication.
_AUTH_URLS = {
    "eu": "https://techwolf.eu.auth0.com/oauth/token",
    "us": "https://techwolf-us.us.auth0.com/oauth/token",
}


def auth_url_of(region: str) -> str | None:
    """Find the token endpoint of a region.

    Args:
        region: For example `eu3`.

    Returns:
        The endpoint, or None for a region whose endpoint is not documented.
    """
    return _AUTH_URLS.get(region.rstrip("0123456789"))


def endpoints(config: Mapping[str, Any]) -> Endpoints:
    """Work out the addresses from the settings.

    Args:
        config: Settings that were found right.

    Returns:
        The addresses, each as the settings override it or as the region gives it.
    """
    region = config["region"]
    return Endpoints(
        api_url=config.get("api_url", f"https://{config['tenant']}.{region}.techwolf.ai").rstrip(
            "/"
        ),
        auth_url=config.get("auth_url") or auth_url_of(region) or "",
        audience=config.get("audience", f"{region}.techwolf.ai"),
    )
