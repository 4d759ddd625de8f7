"""The jobs with the most hours that AI could take over: in the terminal, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

TITLE = "Weekly hours by AI impact level, the most exposed jobs first"
EXPOSED_JOBS = (
    "select coalesce(job || ' (' || job_id || ')', job_id) as job, hours_h1, hours_h2, hours_h3"
    " from techwolf_job_ai_exposure left join techwolf_jobs using (job_id)"
    " where weekly_hours > 0 order by hours_h1 desc, hours_h2 desc, job_id limit 12"
)
HOURS_PER_CELL = 0.75

Job = tuple[str, float, float, float]


@dataclass(frozen=True)
class Level:
    """An AI impact level.

    Attributes:
        name: Its name in the API.
        meaning: What it says of a task.
        colour: Its colour in the terminal.
        shade: Its shade there: a log of CI shows no colours.
        paint: Its colour in the picture, to be told apart by the colour-blind, too.
    """

    name: str
    meaning: str
    colour: str
    shade: str
    paint: str


LEVELS = (
    Level("H1", "highly automatable", "red", "█", "#d55e00"),
    Level("H2", "partly", "yellow", "▓", "#f0e442"),
    Level("H3", "needs human judgement", "green", "░", "#009e73"),
)


def show(console: Console, jobs: Sequence[Job]) -> None:
    """Draw the chart in the terminal.

    Args:
        console: The terminal.
        jobs: The answer to `EXPOSED_JOBS`.
    """
    console.print(f"\n[bold]{TITLE}[/]")
    console.print(
        "   ".join(f"[{one.colour}]{one.shade}[/] {one.name} {one.meaning}" for one in LEVELS)
    )
    for job, *hours in jobs:
        bar = "".join(
            f"[{level.colour}]{level.shade * round(share / HOURS_PER_CELL)}[/]"
            for level, share in zip(LEVELS, hours, strict=True)
        )
        console.print(f"{job:>42} {bar} {sum(hours):.1f} h")


def draw(file: Path, jobs: Sequence[Job]) -> None:
    """Draw the chart as a picture.

    Args:
        file: The picture to make.
        jobs: The answer to `EXPOSED_JOBS`.
    """
    # Imported here: it takes a second that nothing else of the demo should wait for.
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplots()
    names = [name for name, *_ in jobs]
    left = [0.0] * len(jobs)
    for position, level in enumerate(LEVELS, start=1):
        hours = [float(job[position]) for job in jobs]
        axes.barh(names, hours, left=left, color=level.paint, label=f"{level.name} {level.meaning}")
        left = [before + more for before, more in zip(left, hours, strict=True)]
    axes.invert_yaxis()
    axes.set_title(TITLE, loc="left")
    axes.set_xlabel("hours per week")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower right", ncols=len(LEVELS), frameon=False)
    figure.savefig(file, dpi=150)
