"""The URLs of the API and the token endpoint follow from the settings."""

from __future__ import annotations

from tap_techwolf.config.urls import Endpoints, auth_url_of, endpoints


def test_the_urls_follow_from_tenant_and_region() -> None:
    assert endpoints({"tenant": "acme", "region": "us3"}) == Endpoints(
        api_url="https://acme.us3.techwolf.ai",
        auth_url="https://techwolf-us.us.auth0.com/oauth/token",
        audience="us3.techwolf.ai",
    )
    assert auth_url_of("eu3") == "https://techwolf.eu.auth0.com/oauth/token"
    assert auth_url_of("ap1") is None


def test_settings_override_the_urls() -> None:
    urls = {
        "api_url": "https://proxy.example/v1/",
        "auth_url": "https://login.example/token",
        "audience": "acme",
    }
    assert endpoints({"tenant": "acme", "region": "eu3", **urls}) == Endpoints(
        api_url="https://proxy.example/v1",
        auth_url="https://login.example/token",
        audience="acme",
    )
