"""Hours per week by AI impact level, in the terminal and as a picture: company and departments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from rich.console import Console

TITLE = "How many hours does AI change?"
NOTE = (
    "An invented company. Hours per week of active employees. The first bar has its own scale, and "
    "counts everybody."
)
COMPANY = "Whole company"
# The company first, as no department has more hours than all of them; then the departments.
HOURS = (
    "select 'Whole company' as department, count(*) as employees,"
    " sum(hours_h1) as hours_h1, sum(hours_h2) as hours_h2, sum(hours_h3) as hours_h3"
    " from techwolf_employee_ai_exposure where coalesce(is_active, true)"
    " union all select organisational_unit, employees, hours_h1, hours_h2, hours_h3"
    " from techwolf_unit_ai_exposure where weekly_hours > 0 and organisational_unit_id in"
    " (select organisational_unit_id from techwolf_organisational_units where depth = 1)"
    " order by hours_h1 desc, department"
)
CELLS = 32

# A name, a number of employees, and their hours at each level.
Row = tuple[str, int, float, float, float]


@dataclass(frozen=True)
class Level:
    """An AI impact level.

    Attributes:
        name: Its name in the API.
        meaning: What it says of a task.
        colour: Its colour in the terminal.
        shade: Its shade there: a log of CI shows no colours.
        paint: Its colour in the picture, of Okabe and Ito's: the colour-blind tell them apart.
        ink: The colour of a text on it.
    """

    name: str
    meaning: str
    colour: str
    shade: str
    paint: str
    ink: str


LEVELS = (
    Level("H1", "highly automatable", "red", "█", "#d55e00", "white"),
    Level("H2", "partly automatable", "yellow", "▓", "#f0e442", "black"),
    Level("H3", "needs human judgement", "blue", "░", "#0072b2", "white"),
)
# In inches. A segment that is narrower than its text shows none.
WIDTH, BAR, LEFT, RIGHT = 9.0, 0.52, 1.75, 0.95
NARROWEST = 0.42


def whole(hours: float) -> str:
    """Return hours as a text, halves rounded up, so that what is shown adds up."""
    return f"{int(hours + 0.5):,} h"


def show(console: Console, rows: Sequence[Row]) -> None:
    """Draw the chart in the terminal.

    Args:
        console: The terminal.
        rows: The answer to `HOURS`.
    """
    console.print(f"\n[bold]{TITLE}[/]\n{NOTE}")
    console.print(
        "   ".join(f"[{one.colour}]{one.shade}[/] {one.name} {one.meaning}" for one in LEVELS)
    )
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in ("", "", *(level.name for level in LEVELS)):
        table.add_column(heading, justify="right" if heading else "left")
    longest = max((sum(hours) for _, _, *hours in rows[1:]), default=1)
    for name, _, *hours in rows:
        total = sum(hours)
        scale = CELLS / (total if name == COMPANY else longest)
        bar = "".join(
            f"[{level.colour}]{level.shade * round(some * scale)}[/]"
            for level, some in zip(LEVELS, hours, strict=True)
        )
        table.add_row(name, bar, *(f"{whole(some)} {some / total:>4.0%}" for some in hours))
    console.print(table)


def draw(file: Path | IO[str], rows: Sequence[Row], form: str) -> None:
    """Draw the chart as a picture.

    Args:
        file: The file to write.
        rows: The answer to `HOURS`.
        form: `png` or `svg`. An SVG is the same, byte for byte, for the same rows.
    """
    # Imported here: it takes a second that nothing else of the demo should wait for.
    from matplotlib import style  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    from benchmarks.plot import METADATA, STYLE  # noqa: PLC0415

    panels = (rows[:1], rows[1:])
    height = BAR * len(rows) + 1.7
    # Without matplotlib's own defaults, a user's matplotlibrc would change the picture.
    with style.context(["default", STYLE], after_reset=True):
        figure = Figure(figsize=(WIDTH, height))
        figure.text(0.2 / WIDTH, 1 - 0.38 / height, TITLE, size=15, weight="bold")
        figure.text(0.2 / WIDTH, 1 - 0.62 / height, NOTE, size=9, color="#57606a")
        bottom = height - 1.15
        for panel in panels:
            own_height = BAR * len(panel)
            bottom -= own_height
            width = (WIDTH - LEFT - RIGHT) / WIDTH
            axes = figure.add_axes((LEFT / WIDTH, bottom / height, width, own_height / height))
            _bars(axes, panel)
            bottom -= 0.3
        handles, labels = axes.get_legend_handles_labels()
        corner = (0.08 / WIDTH, 1 - 0.68 / height)
        look = {"ncols": len(LEVELS), "frameon": False, "fontsize": 9.5}
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=corner, **look)
        figure.savefig(file, format=form, dpi=150, metadata=METADATA if form == "svg" else None)


def _bars(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw a bar for each row, the first one at the top, with its hours and shares on it."""
    totals = [sum(hours) for _, _, *hours in rows]
    left = [0.0] * len(rows)
    names = [f"{name}\n{employees:,} employees" for name, employees, *_ in rows]
    for position, level in enumerate(LEVELS, start=2):
        hours = [float(row[position]) for row in rows]
        bars = axes.barh(
            names,
            hours,
            left=left,
            color=level.paint,
            edgecolor="white",
            label=f"{level.name} {level.meaning}",
        )
        narrowest = NARROWEST * max(totals) / (WIDTH - LEFT - RIGHT)
        texts = [
            f"{whole(some)}\n{some / total:.0%}" if some > narrowest else ""
            for some, total in zip(hours, totals, strict=True)
        ]
        axes.bar_label(bars, texts, label_type="center", color=level.ink, size=8)
        left = [before + more for before, more in zip(left, hours, strict=True)]
    axes.bar_label(bars, [whole(total) for total in totals], padding=4, size=9, weight="bold")
    axes.set_xlim(0, max(totals))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_frame_on(False)
    axes.tick_params(axis="y", labelsize=9)
