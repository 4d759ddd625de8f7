"""A pause that the API asks for holds the requests of all streams."""

from __future__ import annotations

import time

import pytest

from tap_techwolf.api.pause import Pause


class Clock:
    """A monotonic clock that moves only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0  # As on a machine that has just been started.
        self.slept: list[float] = []
        self.pause = Pause()
        self.extend_by = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.extend_by:
            self.pause.hold(self.extend_by)
            self.extend_by = 0.0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_without_a_pause_nothing_waits(clock: Clock) -> None:
    clock.pause.wait()
    assert clock.slept == []


def test_a_pause_is_waited_for_to_its_end(clock: Clock) -> None:
    assert clock.pause.hold(7) == 7
    clock.now += 3
    clock.pause.wait()
    assert clock.slept == [4]


@pytest.mark.parametrize(("later", "slept"), [(6.5, [0.5]), (7, []), (8, [])])
def test_a_pause_that_is_over_holds_nothing(clock: Clock, later: float, slept: list[float]) -> None:
    clock.pause.hold(7)
    clock.now += later
    clock.pause.wait()
    assert clock.slept == slept


def test_a_pause_that_is_extended_meanwhile_is_waited_for_as_well(clock: Clock) -> None:
    clock.pause.hold(5)
    clock.extend_by = 12
    clock.pause.wait()
    assert clock.slept == [5, 7]
    assert clock.now == 12


def test_a_shorter_pause_does_not_end_a_longer_one(clock: Clock) -> None:
    clock.pause.hold(30)
    assert clock.pause.hold(2) == 2
    clock.pause.wait()
    assert clock.slept == [30]


def test_whoever_was_told_to_wait_does_not_wait_twice(clock: Clock) -> None:
    told = clock.pause.hold(7)
    clock.pause.wait(told)
    assert clock.slept == []
    clock.pause.hold(9)
    clock.pause.wait(told)
    assert clock.slept == [9]
