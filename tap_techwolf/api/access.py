"""What all requests of one run share: the token, pauses, counts, and what must not be shown."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, Any

from tap_techwolf.api.authenticator import TechWolfAuthenticator
from tap_techwolf.api.pause import Pause
from tap_techwolf.api.redaction import Redactor
from tap_techwolf.api.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)


class Access:
    """Access to the API for one run; the clients of all exports share it.

    Attributes:
        pause: Holds back requests while the API asks for a pause.
        redactor: Hides ids, tokens and the like in what the API says.
        traffic: Counts requests and retries.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Prepare the access; no request is made yet.

        Args:
            config: Validated settings.
        """
        self._config = config
        self.pause = Pause()
        self.redactor = Redactor()
        self.traffic = Traffic()
        self._lock = Lock()
        self._has_repaired_text = False
        self._authenticator: TechWolfAuthenticator | None = None

    @property
    def authenticator(self) -> TechWolfAuthenticator:
        """The run's one authenticator, also where several threads ask first: tokens are limited."""
        with self._lock:
            if self._authenticator is None:
                self._authenticator = TechWolfAuthenticator(
                    self._config, self.redactor, self.traffic
                )
            return self._authenticator

    @property
    def timeout(self) -> float:
        """Seconds that a request may take."""
        return float(self._config["request_timeout"])

    @property
    def max_attempts(self) -> int:
        """How often a request is tried in all."""
        return int(self._config["max_attempts"])

    @property
    def user_agent(self) -> str:
        """The name that the tap gives itself."""
        return str(self._config["user_agent"])

    def note_repaired_text(self, place: str) -> None:
        """Say once in a run that the API sent an incomplete character.

        Args:
            place: The export and page that held it.
        """
        with self._lock:
            is_first = not self._has_repaired_text
            self._has_repaired_text = True
        if is_first:
            logger.warning(
                "%s: the API sent an incomplete character (a lone surrogate); U+FFFD stands for "
                "it, here and wherever it happens again",
                place,
            )
