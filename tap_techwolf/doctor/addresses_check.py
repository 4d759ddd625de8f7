"""Checks that the API and its token endpoint can be found and speak TLS, without a request."""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from tap_techwolf.config.urls import endpoints
from tap_techwolf.doctor.discretion import shown_region
from tap_techwolf.doctor.report import Check, Verdict
from tap_techwolf.doctor.time_limit import run_within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

SECONDS_PER_ADDRESS = 8.0

_RESOLVE = "Check 'tenant', 'region', 'api_url' and 'auth_url', and the network's DNS."
_CONNECT = "Check the network, its firewall, and 'api_url' and 'auth_url'."
_TRUST = "Let REQUESTS_CA_BUNDLE name the CA bundle of your network, if it inspects TLS."
_BY_PROXY = "not checked, as the environment names a proxy for it"


class _UnreachableError(Exception):
    """An address cannot be used; holds what was seen and what to do."""

    def __init__(self, seen: str, advice: str) -> None:
        super().__init__(seen)
        self.seen = seen
        self.advice = advice


def check_addresses(
    config: Mapping[str, Any], seconds_per_address: float = SECONDS_PER_ADDRESS
) -> Check:
    """Connect to both addresses.

    Args:
        config: Valid settings, defaults included.
        seconds_per_address: How long each may take.

    Returns:
        The check's entry.
    """
    addresses = endpoints(config)
    region = shown_region(config["region"])
    described = {
        "API": (
            addresses.api_url,
            "an address of your own"
            if "api_url" in config
            else f"https://<tenant>.{region}.techwolf.ai",
        ),
        "token endpoint": (
            addresses.auth_url,
            "an address of your own" if "auth_url" in config else f"that of region {region}",
        ),
    }
    verdicts: set[Verdict] = set()
    seen: list[str] = []
    advice: list[str] = []
    for name, (url, words) in described.items():
        try:
            verdict, what = _try(url, seconds_per_address)
        except _UnreachableError as error:
            verdict, what = "error", error.seen
            advice.append(error.advice)
        verdicts.add(verdict)
        seen.append(f"{name} ({words}): {what}.")
    found: Verdict = next(one for one in ("error", "skipped", "ok") if one in verdicts)
    return Check("addresses", found, " ".join(seen), " ".join(dict.fromkeys(advice)))


def _try(url: str, seconds: float) -> tuple[Verdict, str]:
    if select_proxy(url, get_environ_proxies(url)):
        return "skipped", _BY_PROXY
    address = urlsplit(url)
    try:
        return "ok", run_within(seconds, lambda: _connect(address, seconds))
    except ssl.SSLCertVerificationError as error:
        raise _UnreachableError("its certificate is not trusted", _TRUST) from error
    except ssl.SSLError as error:
        raise _UnreachableError("does not speak TLS", _CONNECT) from error
    except (socket.gaierror, UnicodeError) as error:
        raise _UnreachableError("its host name is unknown", _RESOLVE) from error
    except TimeoutError as error:
        raise _UnreachableError("no connection in time", _CONNECT) from error
    except OSError as error:
        raise _UnreachableError("the connection was refused or cut", _CONNECT) from error


def _connect(address: SplitResult, seconds: float) -> str:
    host = address.hostname or ""
    is_secure = address.scheme == "https"
    port = address.port or (443 if is_secure else 80)
    with closing(socket.create_connection((host, port), timeout=seconds)) as connection:
        if not is_secure:
            return "resolves and connects, without TLS on this machine"
        with _tls_context().wrap_socket(connection, server_hostname=host) as secure:
            return f"resolves, connects and speaks {secure.version()}"


def _tls_context() -> ssl.SSLContext:
    """Trust whom the requests trust."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    path = named or DEFAULT_CA_BUNDLE_PATH
    if os.path.isdir(path):  # noqa: PTH112 - as a text from the environment
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)
