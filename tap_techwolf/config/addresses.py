"""Check the addresses that credentials and tokens are sent to."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_LONGEST_HOST = 253


def is_safe_address(text: str) -> bool:
    """Return whether an address is well-formed and keeps what is sent to it secret.

    Args:
        text: The address.

    Returns:
        Whether it is an https URL, or an http URL of a loopback address, that has a valid
        host and port and neither user, password, query nor fragment.
    """
    if not text.isprintable() or any(one.isspace() or one in "?#@\\" for one in text):
        return False
    try:
        address = urlsplit(text)
        host, port = address.hostname, address.port
    except ValueError:
        return False
    if not host or port == 0:
        return False
    if address.scheme == "http":
        return _is_loopback(host)
    return address.scheme == "https" and (_is_ip_address(host) or _is_host_name(text))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip_address(host) and ip_address(host).is_loopback)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_host_name(text: str) -> bool:
    prepared = PreparedRequest()
    try:
        # As it will be sent: names in other scripts are turned into ASCII.
        prepared.prepare_url(text, None)
    except (RequestException, UnicodeError):
        return False
    host = (urlsplit(prepared.url or "").hostname or "").removesuffix(".")
    labels = host.split(".")
    return (
        len(host) <= _LONGEST_HOST
        and not labels[-1].isdigit()  # An IPv4 address that is out of range.
        and all(_LABEL.fullmatch(label) for label in labels)
    )
