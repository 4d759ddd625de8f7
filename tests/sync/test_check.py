"""What `--test` asks of an export: its first page, and records of the documented form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.exports import PATHS
from tap_techwolf.errors import ExportError
from tap_techwolf.tap import TapTechWolf
from tests.gateway import Answer, gateway
from tests.harness import settings
from tests.runs import PROFILES, asked

if TYPE_CHECKING:
    from sandbox.app import Sandbox


def check(**config: object) -> None:
    tap = TapTechWolf(config=config)
    next(stream for stream in tap.exports if stream.name == PROFILES).check_export()


def test_an_export_is_checked_by_the_first_page_of_a_first_sync(sandbox: Sandbox, url: str) -> None:
    check(**settings(url, start_date="2026-05-03"))
    assert asked(sandbox) == [(None, "2026-05-01")]
    assert len(sandbox.pages) == 1


def test_a_record_that_is_not_of_the_documented_form_fails_the_check(url: str) -> None:
    page = b'{"has_next": false, "records": [{"external_id": "a"}, {"external_id": ""}]}'
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATHS[PROFILES]] = [Answer(content=page)]
        with pytest.raises(ExportError, match="record 2 lacks its key 'external_id'"):
            check(**settings(address))
