"""Draws the results: how fast each peer is, and how long it takes with a distant API."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from matplotlib import style
from matplotlib.figure import Figure

from benchmarks.scenarios import EARLIER_TAP, TAP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.6
BAR_HEIGHT = 0.38
MARGIN = 0.72  # above and below the bars of a panel, for the title and the next one's
LABELS = 1.95  # left of the bars, for the names
VALUES = 1.15  # right of the longest bar, as a share of its length
COLOUR, PEER_COLOUR, LINE_COLOUR = "#0b7a75", "#a9b4bf", "#57606a"
STYLE = {
    "axes.spines.bottom": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.facecolor": "white",  # the page's own colour may be dark
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "tap-techwolf",  # the same names in the file at each run
    "ytick.major.size": 0,
}
# Neither the date nor matplotlib's version: the file changes only with the results.
METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}


def plot(results: dict[str, Any]) -> str:
    """Draw the results as SVG.

    Args:
        results: As `results.json` holds them.

    Returns:
        An image with a white background, which is readable on light and dark pages. It is the
        same, byte for byte, for the same results and the same version of matplotlib.
    """
    # Without matplotlib's own defaults, a user's matplotlibrc would change the image.
    with style.context(["default", STYLE], after_reset=True):
        file = StringIO()
        draw(results).savefig(file, format="svg", metadata=METADATA)
    return file.getvalue()


def draw(results: dict[str, Any]) -> Figure:
    """Draw the results as a figure, a panel for each scenario.

    Args:
        results: As `results.json` holds them.

    Returns:
        The figure, which can be saved in any format.
    """
    rates = {name: results["records"] / cost["wall"] for name, cost in results["speed"].items()}
    title = f"Records per second ({results['records']:,} nested records, more is better)"
    panels = [(title, dict(sorted(rates.items(), key=lambda item: item[1])), "{:,.0f}")]
    # Results that were measured before this scenario was added do not have it.
    if distant := results.get("distant_api"):
        walls = {name: cost["wall"] for name, cost in distant["costs"].items()}
        title = (
            f"Seconds with an API {distant['page_seconds'] * 1000:.0f} ms away "
            "(less is better; dotted: the server alone)"
        )
        ordered = dict(sorted(walls.items(), key=lambda item: -item[1]))
        panels.append((title, ordered, "{:.1f}"))
    # The comparison with an earlier version of the tap is in the table only.
    shown = [
        (title, {name: value for name, value in values.items() if name != EARLIER_TAP}, label)
        for title, values, label in panels
    ]
    heights = [BAR_HEIGHT * len(values) for _, values, _ in shown]
    height = sum(heights) + MARGIN * len(shown)
    figure = Figure(figsize=(WIDTH, height))
    bottom = height
    for (title, values, label), own_height in zip(shown, heights, strict=True):
        bottom -= own_height + MARGIN
        # Fixed positions: an automatic layout depends on the fonts of the machine.
        place = (
            LABELS / WIDTH,
            (bottom + 0.2) / height,
            0.97 - LABELS / WIDTH,
            own_height / height,
        )
        axes = figure.add_axes(place)
        axes.set_title(title)
        _bars(axes, values, label)
    if distant:
        axes.axvline(distant["server_seconds"], color=LINE_COLOUR, linestyle=":", linewidth=1)
    return figure


def _bars(axes: Axes, values: dict[str, float], label: str) -> None:
    """Draw a horizontal bar for each value, the last one at the top."""
    colours = [COLOUR if name == TAP else PEER_COLOUR for name in values]
    bars = axes.barh(list(values), list(values.values()), color=colours, height=0.7)
    axes.bar_label(bars, [label.format(value) for value in values.values()], padding=4)
    axes.set_xlim(0, VALUES * max(values.values()))
    axes.set_xticks([])
