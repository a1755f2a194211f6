#!/usr/bin/env python3
"""Runs the output plugin in real Fluent Bits against receivers that fail by a script, and against real ones; counts what arrived.

    run.py [--events N] [--jobs N] [--only NAME,...] [--log FILE] [--table FILE]

Every example in examples/ is started as it stands. Fails unless every event arrived or is in the quarantine. FLUENT_BIT and
FLUENT_BIT_OLD name the Fluent Bits; VICTORIA_LOGS, rsyslogd and syslog-ng are used where they are found.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import receivers as R
from cases import ROOT, Case, cases, find

EXAMPLES = ROOT / "examples"
# A Fluent Bit that delivers nothing for so many seconds after it was told to reload does not come back.
STUCK_S = 25


class Bench:
    def __init__(self, folder: Path, plugin: Path, log: Path, expected: set[str]):
        self.folder, self.plugin, self.log, self.expected = folder, plugin, log, expected

    def start(self, program, folder, case, receiver, edits):
        text = (EXAMPLES / case.example).read_text()
        for old, new in edits.items():
            assert old in text, f"{case.example} has no `{old}`"
            text = text.replace(old, new)
        (folder / "fluent-bit.yaml").write_text(text)
        policy = (EXAMPLES / case.policy).read_text()
        for old, new in case.policy_edits.items():
            assert old in policy, f"{case.policy} has no `{old}`"
            policy = policy.replace(old, new(receiver) if callable(new) else new)
        (folder / "auditgate.yaml").write_text(policy)
        environment = {
            "AUDIT_LOG": str(self.log), "STATE_DIR": str(folder / "state"), "POLICY": str(folder / "auditgate.yaml"),
            "SIEM_PORT": str(getattr(receiver, "port", 0)), "OUT_DIR": str(folder / "out"),
            **{name: value(receiver) if callable(value) else value for name, value in case.environment.items()},
        }
        out = open(folder / "fluent-bit.log", "ab")
        command = [program, "-Y", "-e", str(self.plugin), "-c", str(folder / "fluent-bit.yaml")]
        if case.command_line:
            command = [self.command_line(), "run", "--policy", str(folder / "auditgate.yaml"), "--to", "siem", str(self.log)]
        return subprocess.Popen(command, env={**os.environ, **environment}, cwd=folder, stdout=out, stderr=subprocess.STDOUT)

    def command_line(self) -> str:
        """The program that was built with the plugin."""
        places = [self.plugin.parent, self.plugin.parent.parent, ROOT / "dist"]
        return next(str(place / "auditgate") for place in places if (place / "auditgate").is_file())

    def run(self, program: str, version: str, case: Case, limit_s: float) -> dict:
        folder = Path(tempfile.mkdtemp(prefix=f"{case.name.replace(' ', '-')}-", dir=self.folder))
        (folder / "state").mkdir()
        (folder / "out").mkdir()
        receiver = case.receiver(folder)
        start = time.monotonic()
        process = None
        try:
            if case.first:
                edits, seconds = case.first
                process = self.start(program, folder, case, receiver, {**case.edits, **edits})
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert not receiver.snapshot(), "events arrived although they must not"
            process = self.start(program, folder, case, receiver, case.edits)
            kills, reloads, last, changed = case.kills, case.reloads, -1, time.monotonic()
            restarted = False
            while True:
                time.sleep(0.5 if len(self.expected) < 20_000 else 2)
                # 3.1.9 can wait in a reload without end: what is on disk has to come again when it is started anew.
                if case.reloads and not restarted and version.startswith("3.") and time.monotonic() - changed > STUCK_S:
                    process.kill()
                    process.wait()
                    process = self.start(program, folder, case, receiver, case.edits)
                    restarted, reloads, changed = True, 0, time.monotonic()
                if process.poll() is not None and not (case.command_line and process.returncode == 0):
                    raise RuntimeError(f"{'auditgate' if case.command_line else 'Fluent Bit'} ended with {process.returncode}")
                arrived = receiver.snapshot() if receiver else self.files(folder)
                settled = len(arrived.keys() & self.expected | self.quarantined(folder)) + self.placeholders(case, arrived)
                if kills and settled > len(self.expected) * (case.kills - kills + 1) // (case.kills + 2):
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    process = self.start(program, folder, case, receiver, case.edits)
                    kills -= 1
                if reloads and settled > len(self.expected) * (case.reloads - reloads) // (case.reloads + 2):
                    process.send_signal(signal.SIGHUP)
                    reloads -= 1
                if settled != last:
                    last, changed = settled, time.monotonic()
                if settled >= len(self.expected) and not kills and not reloads:
                    break
                if time.monotonic() - start > limit_s or time.monotonic() - changed > 60:
                    break
            time.sleep(1)
            # At rest, too: workers that Fluent Bit has forgotten tick every 1.5 seconds, and may only at the third reload meet memory that is used anew.
            for _ in range(4 if case.reloads and not restarted else 0):
                process.send_signal(signal.SIGHUP)
                time.sleep(3.2)
            if not case.command_line:
                process.send_signal(signal.SIGTERM)
            code = process.wait(60)
            arrived = receiver.snapshot() if receiver else self.files(folder)
        finally:
            if process and process.poll() is None:
                process.kill()
                process.wait()
            if receiver:
                receiver.stop()
        quarantined = self.quarantined(folder)
        lost = self.expected - arrived.keys() - quarantined
        if case.placeholders:
            if not lost or len(lost) != self.placeholders(case, arrived):
                raise RuntimeError(f"{len(lost)} events missing, {self.placeholders(case, arrived)} placeholders")
            lost = set()
        duplicates = sum(count - 1 for one, count in arrived.items() if one in self.expected)
        said = (folder / "fluent-bit.log").read_text(errors="replace")
        problems = []
        # 3.1.9 notes a position behind a line that it has read by half: killed then, it has lost it.
        killed = case.kills + bool(case.first) + restarted if version.startswith("3.") else 0
        if len(lost) > killed:
            problems.append(f"{len(lost)} lost")
        if code != 0:
            problems.append(f"exit code {code}")
        if duplicates and not case.duplicates:
            problems.append(f"{duplicates} duplicates")
        if bool(quarantined) != case.quarantine:
            problems.append(f"{len(quarantined)} quarantined")
        if case.says not in said:
            problems.append(f"nothing of `{case.says}` in the log")
        if case.reloads and not restarted and said.count("[reload] start everything") < 1:
            problems.append("not reloaded")
        if any(secret in said for secret in ("t0ken-of-the-test", "s3cret-of-the-test", "k3y-of-the-test", "p4ss-of-the-test")):
            problems.append("a secret in the log")
        if problems:
            problems.append(f"see {folder}")
        elif not os.environ.get("KEEP_RUNS"):
            shutil.rmtree(folder)
        return {
            "case": case.name, "version": version, "events": len(self.expected), "lost": len(lost),
            "duplicated": duplicates, "quarantined": len(quarantined), "seconds": round(time.monotonic() - start),
            "problems": "; ".join(problems), "note": "waited in a reload, started anew" if restarted else "",
        }

    def placeholders(self, case, arrived) -> int:
        return sum(times for one, times in arrived.items() if one not in self.expected) if case.placeholders else 0

    def files(self, folder):
        ids = R.Ids()
        for path in [*(folder / "out").iterdir(), folder / "fluent-bit.log"]:
            ids.add(path.read_bytes())
        return ids.count

    @staticmethod
    def quarantined(folder) -> set[str]:
        path = folder / "state" / "quarantine.jsonl"
        if not path.exists():
            return set()
        ids = R.Ids()
        for line in path.read_text().splitlines():
            ids.add(json.loads(line)["event"].encode())
        return set(ids.count)


def table(rows: list[dict]) -> str:
    """One line a case, in Markdown: what each Fluent Bit made of it."""
    versions = list(dict.fromkeys(row["version"] for row in rows if row["version"] != "none"))
    counts = ("lost", "duplicated", "quarantined")
    lines = ["| Fault or receiver | events | " + " | ".join(f"{count}, {version}" for version in versions for count in counts) + " |"]
    lines.append("|" + "---|" * (2 + len(versions) * len(counts)))
    for case in dict.fromkeys(row["case"] for row in rows):
        of_case = {row["version"]: row for row in rows if row["case"] == case}
        # What runs without Fluent Bit has the same in each place.
        found = [of_case.get(version, of_case.get("none", {})).get(count, "-") for version in versions for count in counts]
        cells = [f"{value:,}" if isinstance(value, int) else value for value in found]
        lines.append(f"| {case} | {next(iter(of_case.values()))['events']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--only", default="", help="parts of names, with commas between them")
    parser.add_argument("--table", type=Path, help="write a table in Markdown")
    parser.add_argument("--plugin", type=Path, default=ROOT / "dist/out_auditgate.so")
    parser.add_argument("--log", type=Path, help="a log to use instead of a generated one")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    options = parser.parse_args()
    programs = [(version, path) for version, path in
                (("newer", find("FLUENT_BIT", "fluent-bit")), ("older", find("FLUENT_BIT_OLD"))) if path]
    if not programs:
        print("SKIPPED: no Fluent Bit; set FLUENT_BIT to its program")
        return 0
    if not options.plugin.is_file():
        print(f"error: no plugin at {options.plugin}; `make dist` makes it")
        return 2
    rows, folder = [], Path(tempfile.mkdtemp(prefix="auditgate-delivery-"))
    try:
        log = options.log or folder / "audit.log"
        if not options.log:
            generate = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/auditgate-generate"
            with open(log, "wb") as out:
                subprocess.run([generate, "--events", str(options.events), "--profile", "small"], stdout=out, check=True)
        with open(log) as lines:
            events = [json.loads(line) for line in lines]
        expected = {f"{event['auditID']}/{event['stage']}" for event in events}
        bench = Bench(folder, options.plugin, log, expected)
        wanted = [part for part in options.only.split(",") if part]
        labels = {path: subprocess.run([path, "--version"], capture_output=True, text=True).stdout.split()[2].lstrip("v")
                  for _, path in programs}

        def one(path, case):
            try:
                row = bench.run(path, "none" if case.command_line else labels[path], case, limit_s=max(90, options.events / 200))
            except Exception as error:
                row = {"case": case.name, "version": labels[path], "events": len(expected), "lost": "?", "duplicated": "?",
                       "quarantined": "?", "seconds": 0, "note": "", "problems": f"{type(error).__name__}: {error}"}
            print("{version:6} {case:44} {events:>7} events {lost:>3} lost {duplicated:>6} duplicated {quarantined:>5} "
                  "quarantined {seconds:>4} s  {note} {problems}".format(**row), flush=True)
            return row

        runs = [(path, case) for case in cases(folder, programs[0][1]) for _, path in programs[:1 if case.command_line else None]
                if not wanted or any(part in case.name for part in wanted)]
        with ThreadPoolExecutor(options.jobs) as pool:
            rows = list(pool.map(lambda run: one(*run), runs))
    finally:
        if not any(row["problems"] for row in rows) and not os.environ.get("KEEP_RUNS"):
            shutil.rmtree(folder)
    if options.table:
        options.table.write_text(table(rows))
    return 1 if any(row["problems"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
