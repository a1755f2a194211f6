"""Runs a child and tells what it took: the kernel's own account (wait4), not a wall clock."""

import os
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass


@dataclass
class Usage:
    user_s: float
    sys_s: float
    wall_s: float
    max_rss_kb: int

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.sys_s

    def raw(self) -> dict:
        return asdict(self)


class ChildFailed(Exception):
    """The child ended with an error, or said something on its standard error that must not be there."""


def run(command: list[str], timeout_s: float = 900, log: str | None = None) -> Usage:
    """Runs `command` to its end. Its output goes to `log` (or nowhere)."""
    start = time.monotonic()
    with open(log or os.devnull, "wb") as sink:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
        return reap(child, start, timeout_s, command)


def reap(child: subprocess.Popen, start: float, timeout_s: float, command: list[str]) -> Usage:
    """Waits for `child` and returns its usage."""
    deadline = start + timeout_s
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            child.kill()
            os.wait4(child.pid, 0)
            raise ChildFailed(f"`{' '.join(command)}` did not end within {timeout_s:.0f} s")
        time.sleep(0.02)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, -15):
        raise ChildFailed(f"`{' '.join(command)}` ended with {child.returncode}")
    return Usage(usage.ru_utime, usage.ru_stime, time.monotonic() - start, usage.ru_maxrss)


@dataclass
class Spread:
    """Median, smallest and largest of what was measured."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values), len(values))

    def raw(self) -> dict:
        return asdict(self)

    def text(self, unit: str = "", digits: int = 2) -> str:
        body = f"{self.median:.{digits}f}{unit and ' ' + unit}"
        return body if self.count == 1 else f"{body} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def interleaved(names: list[str], rounds: int, measure, progress) -> dict[str, list[Usage]]:
    """Measures every name once a round, in a rotating order, so that drift of the machine hits all alike."""
    results: dict[str, list[Usage]] = {name: [] for name in names}
    for turn in range(rounds):
        order = names[turn % len(names):] + names[:turn % len(names)]
        for name in order:
            usage = measure(name)
            results[name].append(usage)
            progress(f"round {turn + 1}/{rounds} {name}: {usage.cpu_s:.2f} s CPU")
    return results


def added(results: dict[str, list[Usage]], name: str, base: str, events: int) -> list[float]:
    """CPU microseconds an event that `name` adds to `base`, round by round."""
    return [(one.cpu_s - other.cpu_s) / events * 1e6 for one, other in zip(results[name], results[base])]
