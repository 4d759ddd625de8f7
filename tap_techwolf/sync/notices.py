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

    def warn_once(self, message: str, *values: object) -> None:
        """Log a warning, unless the same one was logged before, whatever went into it.

        Args:
            message: The text, with placeholders as `logging` has them.
            values: What goes into the placeholders.
        """
        with self._lock:
            is_first = message not in self._logged
            self._logged.add(message)
        if is_first:
            logger.warning(message, *values)
