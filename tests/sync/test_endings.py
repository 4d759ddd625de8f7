"""What a sync writes last when it is told to end, or when no stream can go on."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.faults import Fault
from tap_techwolf import tap as taps
from tap_techwolf.errors import AuthenticationError, Terminated
from tests.harness import Output, settings
from tests.runs import PROFILES, all_ids, attempt, only

if TYPE_CHECKING:
    from sandbox.app import Sandbox

PAGE = 100


def test_a_signal_ends_a_sync_with_the_last_state_once_more(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taps, "exit_after", lambda *_: None)  # It would end the test's process.
    has_ended = threading.Event()

    async def signal_at_third_page(_: str) -> None:
        if len(sandbox.pages) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.to_thread(has_ended.wait, 20)

    sandbox.before_page = signal_at_third_page
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout):
        tap = taps.TapTechWolf(config=settings(url), catalog=only(PROFILES))
        with pytest.raises(Terminated):
            tap.sync_all()
        has_ended.set()
    output = Output.parse(stdout.buffer.getvalue())
    assert output.ids(PROFILES) == all_ids(sandbox)[: 2 * PAGE]
    *_, of_page, last = output.messages
    assert of_page["type"] == "STATE"
    assert last == of_page
    assert last["value"]["bookmarks"][PROFILES]["checkpoint"]["page"] == 3


def test_an_error_of_all_streams_leaves_the_state_of_the_last_page(
    sandbox: Sandbox, url: str
) -> None:
    def refuse_token_at_third_page(_: str) -> None:
        if len(sandbox.pages) == 3:
            sandbox.tokens.revoke()
            sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=403, times=9))

    sandbox.before_page = refuse_token_at_third_page
    output = attempt(settings(url), catalog=only(PROFILES))
    assert isinstance(output.error, AuthenticationError)
    ids = output.ids(PROFILES)
    assert ids == all_ids(sandbox)[: len(ids)]
    assert len(output.of_type("STATE")) == 1 + len(ids) // PAGE
    assert output.messages[-1]["type"] == "STATE"
