#!/usr/bin/env python3
"""Puts a recorded run into the README: `bench/table.py [RUN]`, the newest of bench/runs/ if none is named."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- bench/table.py: begin -->", "<!-- bench/table.py: end -->"
VERDICTS = {True: "met", False: "**not met**", None: ""}


def table(run: Path) -> str:
    """The rows of the run, and where they come from."""
    recorded = json.loads((run / "numbers.json").read_text())
    head, folder = recorded["run"], run.relative_to(ROOT).as_posix()
    lines = [f"![CPU that each filter adds, an event]({folder}/chart.svg)", ""] if (run / "chart.svg").exists() else []
    lines += ["| what | bar | measured | |", "|---|---|---|---|"]
    lines += [f"| {row['what']} | {row['bar']} | {row['measured']} | {VERDICTS[row['met']]} |" for row in recorded["rows"]]
    commits = dict.fromkeys(run["commit"] + (" with local changes" if run["dirty"] else "") for run in [*recorded.get("earlier", []), head])
    lines += ["", f"Recorded on {head['date']} on {head['cores']} cores of an {head['cpu']}, commit {' and '.join(commits)}: [raw numbers]({folder}/numbers.json), "
              "[how it is measured](bench/README.md)."]
    return "\n".join(lines)


def main() -> int:
    runs = sorted((path.parent for path in (ROOT / "bench" / "runs").glob("*/numbers.json")), key=lambda run: (run / "numbers.json").stat().st_mtime)
    if len(sys.argv) > 2 or not (sys.argv[1:] or runs):
        print("error: expected one recorded run, found none\n  help: `make bench` records one", file=sys.stderr)
        return 2
    run = Path(sys.argv[1]).resolve() if sys.argv[1:] else runs[-1]
    text = README.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        print(f"error: expected one `{BEGIN}` and one `{END}` in README.md", file=sys.stderr)
        return 1
    before, rest = text.split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{table(run)}\n{END}{rest.split(END)[1]}")
    print(f"==> README.md: {run.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
