"""What a run of the benchmarks leaves behind: raw numbers (JSON), a table (Markdown), a chart (SVG)."""

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import chart
from .events import ROOT


@dataclass
class Row:
    """One line of the table: what was to be true, and what was measured."""

    id: str
    what: str
    bar: str
    measured: str
    met: bool | None = None  # None: not measured, or nothing to meet

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**not met**", None: "-"}[self.met]


@dataclass
class Record:
    """Everything that was measured."""

    rows: list[Row] = field(default_factory=list)
    raw: dict = field(default_factory=dict)
    bars: list[tuple[str, list[chart.Bar]]] = field(default_factory=list)  # chart: title, bars
    versions: dict = field(default_factory=dict)

    def row(self, id_: str, what: str, bar: str, measured: str, met: bool | None = None) -> None:
        self.rows.append(Row(id_, what, bar, measured, met))
        mark = {True: "met", False: "NOT MET", None: "-"}[met]
        print(f"  {what}: {measured}  [bar: {bar}: {mark}]", file=sys.stderr)

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        head = machine() | {"command": " ".join(sys.argv), "versions": self.versions}
        body = {"run": head, "rows": [row.__dict__ for row in self.rows], "raw": self.raw}
        (directory / "numbers.json").write_text(json.dumps(body, indent=1) + "\n")
        (directory / "summary.md").write_text(self.summary(head))
        if self.bars:
            (directory / "chart.svg").write_text(chart.draw(self.bars, f"{head['cpu']}, {head['date']}"))

    def summary(self, head: dict) -> str:
        lines = [f"# Measured on {head['date']}: {head['cpu']}, {head['cores']} cores", ""]
        lines += [f"- commit `{head['commit']}`{' with local changes' if head['dirty'] else ''}, command `{head['command']}`"]
        lines += [f"- {name}: {value}" for name, value in self.versions.items()]
        lines += [f"- load average at the start {head['load']}", "", "CPU is user + system of the whole process (wait4); "
                  "numbers are medians, in brackets the smallest and largest round.", ""]
        if self.bars:
            lines += ["![CPU an event](chart.svg)", ""]
        lines += ["| what | bar | measured | |", "|---|---|---|---|"]
        lines += [f"| {row.what} | {row.bar} | {row.measured} | {row.verdict} |" for row in self.rows]
        return "\n".join(lines) + "\n"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


# As they were at the start: a run takes half an hour.
LOAD_AT_START = os.getloadavg()[0]
COMMIT = git("rev-parse", "--short", "HEAD")
DIRTY = bool(git("status", "--porcelain", "--untracked-files=no"))


def machine() -> dict:
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return {"date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(),
            "commit": COMMIT, "dirty": DIRTY, "load": f"{LOAD_AT_START:.1f}"}


def directory_name() -> str:
    head = machine()
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|cpu|processor|@.*", "", head["cpu"].lower())).strip("-")
    return f"{head['date']}-{slug}"
