"""How many requests a run has made, and how often it had to try again."""

from __future__ import annotations

from threading import Lock


class Traffic:
    """Counts requests and retries, from any thread.

    Attributes:
        requests: How many requests were sent, those for tokens included.
        retries: How many of them repeated one that had failed.
    """

    def __init__(self) -> None:
        """Start at zero."""
        self.requests = 0
        self.retries = 0
        self._lock = Lock()

    def count_request(self) -> None:
        """Count a request that is about to be sent."""
        with self._lock:
            self.requests += 1

    def count_retry(self) -> None:
        """Count a request that will be repeated."""
        with self._lock:
            self.retries += 1
