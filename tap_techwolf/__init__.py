"""A Singer tap for TechWolf. `TapTechWolf` is its public name; all else is internal."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tap_techwolf.tap import TapTechWolf

__all__ = ["TapTechWolf"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    """Import the tap when it is asked for: `--version` does not wait for the SDK."""
    if name == "TapTechWolf":
        from tap_techwolf.tap import TapTechWolf  # noqa: PLC0415 - as above

        return TapTechWolf
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
