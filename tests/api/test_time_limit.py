"""A request may take so long and no longer, however many bytes it drips."""

from __future__ import annotations

import threading

from tap_techwolf.api.time_limit import THREAD_NAME, TimeLimit


def watching() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == THREAD_NAME]


def test_a_request_that_takes_too_long_expires_until_it_ends() -> None:
    expired = threading.Semaphore(0)
    limit = TimeLimit(0.05, expired.release)
    limit.start()
    assert not limit.has_expired
    for _ in range(3):  # The first time, the connection may not have been there yet.
        assert expired.acquire(timeout=10)
    assert limit.has_expired
    limit.stop()
    while expired.acquire(blocking=False):
        pass
    assert not expired.acquire(timeout=0.2)
    assert limit.has_expired


def test_a_request_that_ended_in_time_never_expires_and_the_next_one_has_its_full_time() -> None:
    expired = threading.Event()
    limit = TimeLimit(0.2, expired.set)
    for _ in range(4):  # Longer than the limit in all.
        limit.start()
        assert not expired.wait(0.1)
        limit.stop()
    assert not limit.has_expired
    limit.start()
    assert expired.wait(10)
    limit.start()
    assert not limit.has_expired
    limit.stop()


def test_one_thread_looks_after_all_requests_and_ends_soon_after_the_last() -> None:
    before = watching()
    limit = TimeLimit(0.05, lambda: None)
    for _ in range(100):
        limit.start()
        limit.stop()
    [thread] = [one for one in watching() if one not in before]
    thread.join(10)
    assert not thread.is_alive()
    before = watching()
    limit.start()
    assert set(watching()) - set(before)  # It is watched again.
    limit.stop()
