"""The addresses that follow from the settings, and what it costs to know them."""

from __future__ import annotations

import subprocess
import sys

from tap_techwolf.config.endpoints import Endpoints, auth_url_of, endpoints
from tests.harness import environment


def test_the_addresses_follow_from_tenant_and_region() -> None:
    assert endpoints({"tenant": "acme", "region": "us3"}) == Endpoints(
        api_url="https://acme.us3.techwolf.ai",
        auth_url="https://techwolf-us.us.auth0.com/oauth/token",
        audience="us3.techwolf.ai",
    )
    assert auth_url_of("eu3") == "https://techwolf.eu.auth0.com/oauth/token"
    assert auth_url_of("ap1") is None


def test_settings_override_the_addresses() -> None:
    addresses = {
        "api_url": "https://proxy.example/v1/",
        "auth_url": "https://login.example/token",
        "audience": "acme",
    }
    assert endpoints({"tenant": "acme", "region": "eu3", **addresses}) == Endpoints(
        api_url="https://proxy.example/v1",
        auth_url="https://login.example/token",
        audience="acme",
    )


def test_addresses_and_keys_are_quick_to_import() -> None:
    code = (
        "import sys, tap_techwolf.config.endpoints, tap_techwolf.config.private_key, "
        "tap_techwolf.config.log_level; "
        "print({'jwt', 'cryptography', 'requests', 'singer_sdk'} & sys.modules.keys())"
    )
    output = subprocess.check_output([sys.executable, "-c", code], env=environment(), text=True)
    assert output.strip() == "set()"
