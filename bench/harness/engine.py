"""The engine without Fluent Bit: native against VRL, wasmtime against native, cost against size, memory."""

import json
import subprocess
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from . import events as ev
from . import fluent_bit as fb
from .process import Spread, run
from .record import Record

SIZES = [1_000, 10_000, 100_000, 1_000_000, 5_000_000]
SWEEP_BYTES = 20_000_000
PASSES = 25


@dataclass
class Programs:
    """Executables that time a file of events in their own process; each prints JSON."""

    bench: str
    vrl: str  # empty if it was not built
    module: str
    floor: str

    def native(self, events: str, passes: int) -> dict:
        return self.ask([self.bench, events, str(passes)])

    def wasmtime(self, events: str, passes: int) -> dict:
        return self.ask([self.bench, events, str(passes), self.module])

    def wasmtime_floor(self, events: str, passes: int) -> dict:
        """The same calls of a module that returns each record as it came."""
        return self.ask([self.bench, events, str(passes), self.floor, "echo"])

    def vrl_program(self, events: str, passes: int) -> dict:
        return self.ask([self.vrl, events, str(passes)])

    @staticmethod
    def ask(command: list[str]) -> dict:
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def per_event_us(answer: dict) -> float:
    """CPU time of the median pass."""
    return Spread.of(answer["pass_ns"]).median / answer["events"] / 1e3


def mean_us(answer: dict) -> float:
    """CPU time over all passes, where a single one is no more than ten ticks of the system's clock for it."""
    return sum(answer["pass_ns"]) / len(answer["pass_ns"]) / answer["events"] / 1e3


def compare(record: Record, programs: Programs, events: ev.Events, rounds: int, say) -> None:
    """Native against VRL, wasmtime against native: paired, one process each a round."""
    native, wasmtime, floor, vrl = [], [], [], []
    for turn in range(rounds):
        one, two = programs.native(events.path, PASSES), programs.wasmtime(events.path, PASSES)
        for answer in (one, two):
            if answer["stamped"] != events.count:
                raise AssertionError(f"expected {events.count} stamped records, found {answer['stamped']}")
        native.append(mean_us(one))
        wasmtime.append(mean_us(two))
        floor.append(mean_us(programs.wasmtime_floor(events.path, PASSES)))
        if programs.vrl:
            vrl.append(per_event_us(programs.vrl_program(events.path, 3)))
        say(f"engine {turn + 1}/{rounds}: native {native[-1]:.2f} µs, wasmtime {wasmtime[-1]:.2f} µs" + (f", VRL {vrl[-1]:.1f} µs" if vrl else ""))
    record.raw["engine_us"] = {"native": native, "wasmtime": wasmtime, "wasmtime_floor": floor, "vrl": vrl}
    speed = lambda times: f"{events.mean_bytes / Spread.of(times).median:.0f} MB/s, {Spread.of(times).text('µs')} an event"
    what, bar = "Engine native, one core, against VRL native", "at least 10 times its throughput"
    if vrl:
        ratio = Spread.of([two / one for one, two in zip(native, vrl)])
        record.row("vrl", what, bar, f"{ratio.text(digits=1)} times: {speed(native)} against {speed(vrl)}", ratio.median >= 10)
    else:
        record.row("vrl", what, bar, f"{speed(native)}; VRL was not built (`--no-vrl`)")
    ratio = Spread.of([two / one for one, two in zip(native, wasmtime)])
    record.row("wasmtime", "Module in wasmtime against the engine native", "at most 1.5 times its time",
               f"{ratio.text()} times: {speed(wasmtime)}", ratio.median <= 1.5)
    calls = Spread.of([two / one for one, two in zip(native, floor)])
    inside = Spread.of([(two - calls) / one for one, two, calls in zip(native, wasmtime, floor)])
    record.row("floor-wasmtime", "The calls alone in wasmtime: a module that returns the record, against the engine native", "none",
               f"{calls.text()} times: {Spread.of(floor).text('µs')} an event; without them the module takes {inside.text()} times as long as the engine")


def sizes(record: Record, programs: Programs, binary: fb.FluentBit | None, rounds: int, say) -> None:
    """Cost against the size of an event, and the linear memory that the largest needs."""
    found: dict[str, dict[int, float]] = {"native": {}, "wasmtime": {}, "interpreter": {}}
    memory = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        for size in SIZES:
            events = ev.sized(Path(directory), size, SWEEP_BYTES)
            one, two = programs.native(events.path, 5), programs.wasmtime(events.path, 5)
            largest = max(len(line) for line in Path(events.path).read_bytes().splitlines())
            memory[size] = {"largest": largest, "linear": two["memory_bytes"]}
            speed = lambda answer: events.mean_bytes / per_event_us(answer)
            found["native"][size], found["wasmtime"][size] = speed(one), speed(two)
            if binary:
                base = fb.Pipeline(parsed=False, chunk="1M")
                filtered = replace(base, filter="wasm", module=programs.module)
                costs = [fb.run(binary, filtered, events.path).cpu_s - fb.run(binary, base, events.path).cpu_s for _ in range(rounds)]
                found["interpreter"][size] = events.bytes / Spread.of(costs).median / 1e6
            say(f"{size} bytes: " + ", ".join(f"{name} {speeds[size]:.0f} MB/s" for name, speeds in found.items() if size in speeds))
            Path(events.path).unlink()
    record.raw["sizes_mb_per_s"], record.raw["memory"] = found, memory
    for name, speeds in found.items():
        if speeds:
            ratio = speeds[5_000_000] / speeds[10_000]
            text = ", ".join(f"{size // 1000} kB {speed:.0f}" for size, speed in speeds.items())
            record.row(f"sizes-{name}", f"Throughput against event size, {name}", "at 5 MB at least 0.8 of 10 kB", f"{ratio:.2f}; MB/s: {text}", ratio >= 0.8)
    worst = memory[5_000_000]
    limit = 4 * worst["largest"] + (2 << 20)
    record.row("memory", "Peak linear memory, largest event 5 MB", "at most 4 times the event + 2 MB",
               f"{worst['linear'] / 1e6:.1f} MB for an event of {worst['largest'] / 1e6:.1f} MB", worst["linear"] <= limit)


def rss(record: Record, binary: fb.FluentBit, module: str, events: ev.Events, total: int, say) -> None:
    """Resident memory of Fluent Bit over a million events: early against late."""
    samples: list[int] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        many = ev.repeated(events, Path(directory) / "many.jsonl", max(total // events.count, 1))
        pipeline = fb.Pipeline(parsed=False, filter="wasm", module=module)
        config = Path(directory) / "bench.conf"
        config.write_text(pipeline.text(many.path, directory, fb.NULL, exit_on_eof=True))
        (Path(directory) / "parsers.conf").write_text(fb.PARSERS)
        done = threading.Event()
        watcher = threading.Thread(target=watch, args=(str(config), samples, done))
        watcher.start()
        usage = run([binary.path, "-q", "-c", str(config)])
        done.set()
        watcher.join()
    early = Spread.of(samples[len(samples) // 10:len(samples) // 5] or samples)
    late = Spread.of(samples[-max(len(samples) // 10, 1):])
    growth = late.median / early.median - 1
    record.raw["rss_kb"] = {"events": many.count, "samples": samples, "usage": usage.raw()}
    say(f"{many.count} events: RSS {early.median / 1024:.0f} MB early, {late.median / 1024:.0f} MB late")
    record.row("rss", f"Fluent Bit {binary.version}, resident memory over {many.count:,} events", "flat (10 %)",
               f"{early.median / 1024:.0f} MB early, {late.median / 1024:.0f} MB late ({growth:+.1%})", growth <= 0.1)


def watch(config: str, samples: list[int], done: threading.Event) -> None:
    """Samples the resident memory of the process that has `config` on its command line."""
    while not done.wait(0.1):
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and config.encode() in (entry / "cmdline").read_bytes():
                    text = (entry / "status").read_text()
                    samples.append(int(text.split("VmRSS:")[1].split()[0]))
            except (OSError, IndexError):
                continue  # it ended meanwhile
