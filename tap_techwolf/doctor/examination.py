"""Runs all checks in an order that lets the most important ones come first."""

from __future__ import annotations

import logging
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_techwolf.doctor import learned
from tap_techwolf.doctor.access_checks import check_clock, check_token, check_version
from tap_techwolf.doctor.addresses_check import check_addresses
from tap_techwolf.doctor.contact import MOST_REQUESTS, SECONDS, Contact, NotReachedError
from tap_techwolf.doctor.export_check import count_employees, describe_export
from tap_techwolf.doctor.filter_check import check_filter
from tap_techwolf.doctor.form_check import check_form
from tap_techwolf.doctor.goals_check import NAME as GOALS_MOVE_FILTER
from tap_techwolf.doctor.goals_check import check_goals
from tap_techwolf.doctor.pages import EXPORTS, GOALS, NoPageHereError, ReadPage, get_page
from tap_techwolf.doctor.report import NOT_REACHED, Check, Report
from tap_techwolf.doctor.settings_check import check_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

#: The names of all checks, in the report's order.
NAMES = (
    *("settings", "addresses", "token", "clock", "version"),
    *(f"{kind}:{stream}" for stream in EXPORTS for kind in ("export", "form", "filter")),
    GOALS_MOVE_FILTER,
    *learned.TOPICS,
)

_NO_SETTINGS = "The settings are wrong."
_NO_TOKEN = "There is no token."  # noqa: S105 - a sentence
_UNREADABLE = "The export cannot be read."


class Examination:
    """One run of the doctor.

    Attributes:
        report: What was found so far; another thread may read it at any time.
    """

    def __init__(self, *, most_requests: int = MOST_REQUESTS, seconds: float = SECONDS) -> None:
        """Begin with nothing found.

        Args:
            most_requests: How many requests there may be in all.
            seconds: How long they may take in all.
        """
        self.report = Report(NAMES)
        self._most_requests = most_requests
        self._seconds = seconds
        self._pages: dict[str, ReadPage] = {}

    def run(self, sources: Sequence[str]) -> None:
        """Run all checks, going on after each that fails.

        Args:
            sources: Paths of files with settings, and `ENV` for the environment.
        """
        settings = check_settings(sources)
        self.report.add(settings.check)
        if settings.config is None:
            self._skip_the_rest(_NO_SETTINGS)
            return
        config = settings.config
        contact = Contact(config, self._most_requests, self._seconds)
        self._check("addresses", lambda: check_addresses(config))
        self._check("token", lambda: check_token(contact, config))
        if not contact.has_token:
            self._skip_the_rest(_NO_TOKEN)
            return
        self._check("version", lambda: check_version(contact))
        self._read_exports(contact, config)
        self._check("clock", lambda: check_clock(contact))
        self._check_filters(contact, config)
        self._learn(contact, config)

    def _read_exports(self, contact: Contact, config: dict[str, Any]) -> None:
        employee_count = None
        try:
            employee_count = count_employees(contact, config)
        except NotReachedError:
            logger.info("Not checking how many employees there are")
        for stream in EXPORTS:
            self._check(
                f"export:{stream}",
                partial(self._read_export, contact, stream, config, employee_count),
            )
            self._check(f"form:{stream}", partial(self._check_form, stream, config))

    def _read_export(
        self, contact: Contact, stream: str, config: dict[str, Any], employee_count: int | None
    ) -> Check:
        try:
            page = get_page(contact, stream, config)
        except NoPageHereError as error:
            seen = f"It cannot be read: it {error.seen}."
            return Check(f"export:{stream}", "error", seen, error.advice)
        self._pages[stream] = page
        return describe_export(stream, page, config, employee_count)

    def _check_form(self, stream: str, config: dict[str, Any]) -> Check:
        return check_form(stream, self._page(stream), config)

    def _check_filters(self, contact: Contact, config: dict[str, Any]) -> None:
        for stream in EXPORTS:
            self._check(f"filter:{stream}", partial(self._check_filter, contact, stream, config))
        self._check(
            GOALS_MOVE_FILTER,
            lambda: check_goals(contact, config, self._page(GOALS), learned.REQUESTS),
        )

    def _check_filter(self, contact: Contact, stream: str, config: dict[str, Any]) -> Check:
        return check_filter(contact, stream, config, self._page(stream))

    def _learn(self, contact: Contact, config: dict[str, Any]) -> None:
        pages = self._pages
        for topic in (learned.DATE_TIME, learned.GTE):
            self._check(topic, partial(learned.probe_filter, topic, contact, config, pages))
        self._check(learned.HIERARCHY, lambda: learned.learn_hierarchy(contact, config, pages))
        self._check(learned.INACTIVE, lambda: learned.learn_inactive(contact, config, pages))
        self._check(learned.ORDER, lambda: learned.learn_order(pages))
        self._check(learned.RATE_LIMIT, lambda: learned.learn_rate_limit(contact))

    def _page(self, stream: str) -> ReadPage:
        if stream not in self._pages:
            raise NotReachedError(_UNREADABLE)
        return self._pages[stream]

    def _check(self, name: str, check: Callable[[], Check]) -> None:
        """Run one check; whatever goes wrong with it, the others follow."""
        logger.info("Checking %s", name)
        try:
            self.report.add(check())
        except NotReachedError as error:
            self.report.skip(name, str(error))
        except Exception as error:  # noqa: BLE001 - its text may hold data
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.report.skip(
                name,
                f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line "
                f"{place.lineno}. Please report this line.",
            )

    def _skip_the_rest(self, reason: str) -> None:
        for one in self.report.checks:
            if one.seen == NOT_REACHED:
                self.report.skip(one.check, reason)
