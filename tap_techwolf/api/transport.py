"""Send requests over kept-alive connections, each within a time limit."""

import math
import os
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

_CHUNK_BYTES = 1 << 18

# Of connecting to one of a host's addresses: those of a host that is down are tried in turn.
_LONGEST_CONNECT = 30.0

# It can be imported only if PySocks is installed.
_SOCKS_MODULE = "urllib3.contrib.socks"

_PROXY_FAILED = "the proxy cannot be reached"
_PROXY_ADVICE = (
    "Check {proxy} in the environment: it must be the address of an HTTP proxy, or of a SOCKS "
    "proxy if the package PySocks is installed."
)
_PROXY_REFUSED = re.compile(r"Tunnel connection failed: ([0-9]{3})")
# The first that is set is used, as `requests` does.
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_CA_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_URL_ADVICE = "Check 'tenant', 'region', 'api_url' and 'auth_url'."

# Only the address of a proxy: the tap's own URLs are validated.
_BAD_ADDRESSES = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidURL,
    UnicodeError,  # Of a user or a password.
)

# The most specific first: a failed connection may have several of these among its causes.
# `{proxy}` is the variable that names the proxy, `{system}` what the system says, such as
# "Connection refused" or "Too many open files".
_FAILURES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "the server's certificate is not trusted",
        "If your network inspects TLS, set REQUESTS_CA_BUNDLE to its CA bundle.",
    ),
    (_BAD_ADDRESSES, "the address of the proxy cannot be used", _PROXY_ADVICE),
    (urllib3_errors.ProxyError, _PROXY_FAILED, _PROXY_ADVICE),
    (urllib3_errors.NameResolutionError, "the host name is unknown", _URL_ADVICE),
    (urllib3_errors.SSLError, "the TLS handshake failed", ""),
    (urllib3_errors.NewConnectionError, "no connection ({system})", ""),
    (urllib3_errors.ConnectTimeoutError, "no connection in time", ""),
    ((requests.Timeout, urllib3_errors.ReadTimeoutError), "no response in time", ""),
    (urllib3_errors.IncompleteRead, "the response was cut short", ""),
    (urllib3_errors.DecodeError, "the response was cut short", ""),
    (BaseException, "the connection was cut", ""),
)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response, whatever its status.

    Attributes:
        requested_at: When the request was sent, by this machine's clock.
        seconds: The time from sending the request to the last byte of the body.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    requested_at: datetime
    seconds: float
    request: requests.PreparedRequest = field(repr=False)

    @property
    def server_time(self) -> datetime | None:
        """The server's clock, from the header `Date`; None if it cannot be read."""
        return http_date(self.headers.get("Date", ""))

    @property
    def clock_difference(self) -> timedelta | None:
        """How far the server's clock is ahead of this machine's; None if it is not known."""
        if (answered_at := self.server_time) is None:
            return None
        # It was read between the request and the last byte, and has whole seconds only.
        earliest = self.requested_at - timedelta(seconds=1)
        latest = self.requested_at + timedelta(seconds=self.seconds)
        return answered_at - min(max(answered_at, earliest), latest)

    @property
    def data_from(self) -> datetime:
        """A moment before the server read its data, by the earlier of both clocks."""
        if (answered_at := self.server_time) is None:
            return self.requested_at
        return min(self.requested_at, answered_at - timedelta(seconds=self.seconds))


def http_date(text: str) -> datetime | None:
    """Parse a date in a header; None if it is not a date."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class RequestError(Exception):
    """A request got no usable response.

    Attributes:
        reason: What happened, in a few words that are safe to show: never the error's own text,
            which may hold what was sent or received.
        summary: The same, with the number of attempts if it was retried.
        advice: What to do about it; empty if there is nothing special to do.
        is_transient: Whether the same request may succeed a moment later.
    """

    def __init__(
        self,
        reason: str,
        response: Response | None = None,
        *,
        advice: str = "",
        is_transient: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason = self.summary = reason
        self.advice = advice
        self.response = response
        self.is_transient = is_transient


class TooManyRequestsError(Exception):
    """No further request may be sent."""


class _Session(requests.Session):
    """A session that neither follows redirects nor keeps cookies.

    A redirect would carry the request, and the token in it, to a host that nobody chose. Cookies
    that pile up make the headers of a long run too large for some gateways.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: requests parses the target even with `allow_redirects=False`."""
        del resp


class Transport:
    """The connections of a run; any thread may send requests.

    Proxies and a CA bundle are read from the environment, as requests does.

    Attributes:
        timeout: How many seconds a request may take.
        request_count: How many requests were sent, those for tokens and repeated ones included.
        clock_difference: That of the newest response.
    """

    def __init__(self, timeout: float, most_requests: float = math.inf) -> None:
        self.timeout = timeout
        self._most_requests = most_requests
        self.request_count = 0
        self.clock_difference: timedelta | None = None
        self._lock = Lock()
        self._session = _Session()
        self._environments: dict[tuple[str, str], Mapping[str, Any]] = {}

    def send(self, request: requests.Request) -> Response:
        """Send a request and read the whole response.

        If the connection breaks, the request is sent once more at once, on a new connection: a
        server may close a kept-alive connection at the moment of a request, which says nothing
        about the request. Repeating one is safe, as requests to this API only read.

        Raises:
            RequestError: There was no whole response in time.
            TooManyRequestsError: No further request may be sent.
        """
        prepared = self._session.prepare_request(request)
        try:
            try:
                return self._send_once(prepared)
            except (requests.ConnectionError, urllib3_errors.HTTPError) as error:
                if not any(isinstance(cause, ConnectionError) for cause in _causes(error)):
                    raise
                self._session.close()  # Another kept-alive connection may be closed as well.
                return self._send_once(prepared)
        except (requests.RequestException, urllib3_errors.HTTPError, UnicodeError) as error:
            raise _request_error(error) from error

    def _send_once(self, request: requests.PreparedRequest) -> Response:
        with self._lock:
            if self.request_count >= self._most_requests:
                raise TooManyRequestsError(f"Not reached within {self._most_requests} requests.")
            self.request_count += 1
        requested_at, started = datetime.now(UTC), time.monotonic()
        environment = self._environment(str(request.url))
        limits = (min(self.timeout, _LONGEST_CONNECT), self.timeout)
        with self._session.send(
            request, timeout=limits, allow_redirects=False, **environment
        ) as response:
            if response.status_code < HTTPStatus.OK:
                # http.client takes an interim response for the whole one. Leaving it unread closes
                # the connection: otherwise the next request on it would get this one's response.
                raise RequestError(
                    f"the server sent only an interim response, {response.status_code}"
                )
            body = bytearray()
            # requests limits each read, and would let a server that sends a byte now and then
            # hold the run forever.
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                body += chunk
                if time.monotonic() - started > self.timeout:
                    raise requests.Timeout
        whole = Response(
            status=response.status_code,
            headers=response.headers,
            body=bytes(body),
            requested_at=requested_at,
            seconds=time.monotonic() - started,
            request=request,
        )
        self.clock_difference = whole.clock_difference
        return whole

    def _environment(self, url: str) -> Mapping[str, Any]:
        """Return the proxies and the CA bundle for a URL; looking them up takes a while."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        if place not in self._environments:
            found = self._session.merge_environment_settings(
                url, {}, stream=True, verify=None, cert=None
            )
            # Only a loopback address may use http, because what is sent there does not leave the
            # machine. A proxy would read the secret, the token and every record.
            if parts.scheme == "http":
                found["proxies"] = {}
            elif isinstance(found["verify"], str):
                _check_ca_bundle(found["verify"])
            self._environments[place] = found
        return self._environments[place]


def _check_ca_bundle(path: str) -> None:
    try:
        if not Path(path).is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):
        variable = _first_variable(_CA_BUNDLE_VARIABLES)
        problem = RequestError(
            f"the file that {variable} names is not a CA bundle",
            advice="Check the variable, and that the file can be read.",
            is_transient=False,
        )
        problem.summary = f"the file {path!r} that {variable} names is not a CA bundle"
        raise problem from None


def _first_variable(names: tuple[str, ...]) -> str:
    return next((name for name in names if os.environ.get(name)), names[0])


def _request_error(error: Exception) -> RequestError:
    causes = list(_causes(error))
    reason, advice, is_transient = _describe(causes)
    said = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return RequestError(
        reason.format(system=next(said, "unknown cause")),
        advice=advice.format(proxy=_first_variable(_PROXY_VARIABLES)),
        is_transient=is_transient,
    )


def _describe(causes: Sequence[BaseException]) -> tuple[str, str, bool]:
    """Return what happened, what to do, and whether the error is transient."""
    if refusal := next(filter(None, (_PROXY_REFUSED.search(str(one)) for one in causes)), None):
        status = int(refusal[1])
        is_password = status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        advice = "Check the user and the password in {proxy}." if is_password else _PROXY_ADVICE
        is_transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return f"the proxy refused the connection ({status})", advice, is_transient
    # urllib3 has no error of its own for a SOCKS proxy, but the connection is one to the proxy.
    if any(type(getattr(one, "conn", None)).__module__ == _SOCKS_MODULE for one in causes):
        return _PROXY_FAILED, _PROXY_ADVICE, True
    kind, reason, advice = next(
        row for row in _FAILURES if any(isinstance(cause, row[0]) for cause in causes)
    )
    return reason, advice, kind not in {ssl.SSLCertVerificationError, _BAD_ADDRESSES}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it; requests and urllib3 keep that in several places."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
