"""The SDK's standard tests, and what they miss: doubled keys and states inside bookmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.app import Sandbox, create_app
from sandbox.company import Company
from sandbox.server import serve_app
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, settings, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

# The factory asks for settings when the module is read; the server is there later.
CONFIG = settings("http://127.0.0.1:1")

StandardTests = get_tap_test_class(
    TapTechWolf, config=CONFIG, suite_config=SuiteConfig(max_records_limit=None)
)

# No record has a value in `hierarchy`, as the profiles are lists, or in `updated_after`.
pytestmark = pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    sandbox = Sandbox(company=Company(employees=120, jobs=110))
    with serve_app(create_app(sandbox)) as url:
        CONFIG.update(settings(url))
        yield


class TestTapTechWolf(StandardTests):  # type: ignore[misc, valid-type]
    """The SDK's tests of the tap, its streams and their properties."""


def test_keys_are_unique_and_never_null(url: str) -> None:
    output = sync(settings(url, ai_goal_versions="all"))
    keys = {one["stream"]: one["key_properties"] for one in output.of_type("SCHEMA")}
    assert keys.keys() == {*STREAMS, LOG}
    for stream, names in keys.items():
        found = [tuple(record[name] for name in names) for record in output.records[stream]]
        assert len(set(found)) == len(found) > 0
        assert all(value is not None for key in found for value in key)


def test_the_final_state_holds_no_progress_markers_anywhere(url: str) -> None:
    output = sync(settings(url))
    assert "progress_markers" not in str(output.state)
    assert "starting_replication_value" not in str(output.of_type("STATE"))
