"""A pause that the API asks for holds every request of a run, not only the one that was told."""

from __future__ import annotations

import math
import time


class Pause:
    """Holds requests back until a moment, which any thread may move to later."""

    def __init__(self) -> None:
        """Start without a pause."""
        self._until = -math.inf

    def hold(self, seconds: float) -> float:
        """Hold back the requests that have not been sent yet.

        Args:
            seconds: For how long, from now. A longer pause that is under way stays.

        Returns:
            When the pause that was asked for ends, on the monotonic clock.
        """
        until = time.monotonic() + seconds
        self._until = max(self._until, until)
        return until

    def wait(self, waited_until: float = -math.inf) -> None:
        """Wait until the pause is over, also where it is extended meanwhile.

        Args:
            waited_until: The end of a pause that the caller has waited for already.
        """
        while (until := self._until) > waited_until:
            if (seconds := until - time.monotonic()) > 0:
                time.sleep(seconds)
            waited_until = until
