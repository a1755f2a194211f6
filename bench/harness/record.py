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
    part: str = ""  # of the benchmarks

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
    part: str = ""  # that is being measured

    def row(self, id_: str, what: str, bar: str, measured: str, met: bool | None = None) -> None:
        self.rows.append(Row(id_, what, bar, measured, met, self.part))
        mark = {True: "met", False: "NOT MET", None: "-"}[met]
        print(f"  {what}: {measured}  [bar: {bar}: {mark}]", file=sys.stderr)

    def write(self, directory: Path, parts: list[str], order: list[str]) -> None:
        """Writes what was measured. What another run measured in that directory stays, but for the parts that this one measured anew."""
        directory.mkdir(parents=True, exist_ok=True)
        numbers = directory / "numbers.json"
        head = machine() | {"command": " ".join(sys.argv), "versions": self.versions, "parts": parts}
        before = json.loads(numbers.read_text()) if numbers.exists() else {}
        earlier = [run | {"parts": [part for part in run.get("parts", []) if part not in parts]} for run in [*before.get("earlier", []), before.get("run", {})]]
        earlier = [run for run in earlier if run["parts"]]
        kept = {part for run in earlier for part in run["parts"]}
        rows = [Row(**row) for row in before.get("rows", []) if row.get("part") in kept] + self.rows
        rows.sort(key=lambda row: order.index(row.part))
        bars = {title: [bar.__dict__ for bar in drawn] for title, drawn in self.bars}
        bars = {title: drawn for title, drawn in before.get("chart", {}).items() if kept} | bars
        raw = (before.get("raw", {}) if kept else {}) | self.raw
        body = {"run": head, "earlier": earlier, "rows": [row.__dict__ for row in rows], "chart": bars, "raw": raw}
        numbers.write_text(json.dumps(body, indent=1) + "\n")
        (directory / "summary.md").write_text(self.summary([*earlier, head], rows, bool(bars)))
        if bars:
            groups = [(title, [chart.Bar(**bar) for bar in drawn]) for title, drawn in bars.items()]
            (directory / "chart.svg").write_text(chart.draw(groups, f"{head['cpu']}, {head['date']}"))

    @staticmethod
    def summary(runs: list[dict], rows: list[Row], has_chart: bool) -> str:
        head = runs[-1]
        lines = [f"# Measured on {head['date']}: {head['cpu']}, {head['cores']} cores", ""]
        for run in runs:
            changed = " with local changes" if run["dirty"] else ""
            lines.append(f"- {', '.join(run['parts'])}: commit `{run['commit']}`{changed}, command `{run['command']}`, load average at the start {run['load']}")
        lines += [f"- {name}: {value}" for name, value in head["versions"].items()]
        lines += ["", "CPU is user + system of the whole process (wait4); numbers are medians, in brackets the smallest and largest round.", ""]
        if has_chart:
            lines += ["![CPU an event](chart.svg)", ""]
        lines += ["| what | bar | measured | |", "|---|---|---|---|"]
        lines += [f"| {row.what} | {row.bar} | {row.measured} | {row.verdict} |" for row in rows]
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
