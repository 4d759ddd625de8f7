"""Reads the state that a run was given."""

from __future__ import annotations

from typing import Any

from tap_techwolf.errors import StateError

# What `meltano state get` prints.
_WRAPPER = "singer_state"

#: What is wrong with a state that cannot be read.
NO_STATE = (
    "The state must be an object whose 'bookmarks' hold an object for each stream. Fix it, or "
    "remove it to sync everything."
)


def read_state(state: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Read a state.

    Args:
        state: The state, or an object that wraps it, as `meltano state get` prints it.

    Returns:
        A Singer state. What another tap left of partitions is not in it: the streams have none,
        and the SDK fails on ones that it cannot read.

    Raises:
        StateError: It is not a Singer state.
    """
    content = state.get(_WRAPPER, state) if isinstance(state, dict) else None
    bookmarks = content.get("bookmarks", {}) if isinstance(content, dict) else None
    if not isinstance(bookmarks, dict) or not all(
        isinstance(one, dict) for one in bookmarks.values()
    ):
        raise StateError(NO_STATE)
    return {
        "bookmarks": {
            stream: {key: value for key, value in one.items() if key != "partitions"}
            for stream, one in bookmarks.items()
        }
    }
