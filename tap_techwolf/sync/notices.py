"""Warnings that concern a whole run, and are logged once for all streams."""

from __future__ import annotations

import logging
from threading import Lock

logger = logging.getLogger(__name__)


class Notices:
    """Logs each warning once, whichever stream comes upon it first."""

    def __init__(self) -> None:
        """Start with nothing logged."""
        self._lock = Lock()
        self._logged: set[str] = set()

    def warn_once(self, topic: str, message: str, *values: object) -> None:
        """Log a warning, unless one of the same topic was logged before.

        Args:
            topic: What the warning is about.
            message: The text, with placeholders as `logging` has them.
            values: What goes into the placeholders.
        """
        with self._lock:
            is_first = topic not in self._logged
            self._logged.add(topic)
        if is_first:
            logger.warning(message, *values)
