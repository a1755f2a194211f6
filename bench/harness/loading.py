"""What loading the module costs, and live events with a Fluent Bit that loads it for every append."""

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from . import events as ev
from . import fluent_bit as fb
from .pipeline import Modules
from .process import Spread, Usage, interleaved, reap
from .record import Record

LINE_BYTES = 1000
LOADS = 300


def one_line_a_chunk(folder: Path) -> tuple[str, str]:
    """Events of equal length and the chunk size at which tail appends them one by one."""
    event = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "0" * 36, "stage": "ResponseComplete",
             "requestURI": "/api/v1/namespaces/default/pods", "verb": "list", "user": {"username": "system:serviceaccount:default:reader"},
             "objectRef": {"resource": "pods", "namespace": "default", "apiVersion": "v1"}, "responseStatus": {"code": 200}, "userAgent": ""}
    event["userAgent"] = "x" * (LINE_BYTES - 1 - len(json.dumps(event, separators=(",", ":"))))
    path = folder / "chunks.jsonl"
    path.write_text((json.dumps(event, separators=(",", ":")) + "\n") * LOADS)
    return str(path), str(LINE_BYTES + 1)


def wasm(base: fb.Pipeline, module: str) -> fb.Pipeline:
    return replace(base, filter="wasm", module=module)


def load_time(binary: fb.FluentBit, modules: dict[str, str], floor: str, rounds: int, say) -> dict[str, Spread]:
    """Milliseconds of CPU to load each module once, in a Fluent Bit that loads it for every chunk; `floor` is one that does nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        events, chunk = one_line_a_chunk(Path(directory))
        base = fb.Pipeline(chunk=chunk)
        table = {"none": base, "floor": replace(wasm(base, floor), function="echo")}
        table |= {name: wasm(base, file) for name, file in modules.items()}
        usage = interleaved(list(table), rounds, lambda name: fb.run(binary, table[name], events), say)
    return {name: Spread.of([(one.cpu_s - none.cpu_s) / LOADS * 1e3 for one, none in zip(usage[name], usage["none"])]) for name in table if name != "none"}


def load_time_kept(binary: fb.FluentBit, modules: dict[str, str], floor: str, rounds: int, say) -> dict[str, Spread]:
    """The same in a Fluent Bit that keeps the instance: a run over one event, less the same with the floor module, so that the
    start of the runtime itself, which every module pays once, is not counted."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        path = Path(directory) / "one.jsonl"
        path.write_text('{"kind":"Event"}\n')
        table = {"floor": replace(wasm(fb.Pipeline(), floor), function="echo")}
        table |= {name: wasm(fb.Pipeline(), file) for name, file in modules.items()}
        usage = interleaved(list(table), rounds, lambda name: fb.run(binary, table[name], str(path)), say)
    return {name: Spread.of([(one.cpu_s - floor.cpu_s) * 1e3 for one, floor in zip(usage[name], usage["floor"])]) for name in modules}


def live(binary: fb.FluentBit, pipeline: fb.Pipeline, lines: list[bytes], per_second: int, seconds: float) -> tuple[Usage, ev.Verdict]:
    """Appends one event at a time to a tailed file at a steady rate. Also what was written of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        events, config = Path(directory) / "live.jsonl", Path(directory) / "bench.conf"
        events.touch()
        (Path(directory) / "parsers.conf").write_text(fb.PARSERS)
        output = fb.to_file(directory, "out.jsonl")
        config.write_text(pipeline.text(str(events), directory, output, exit_on_eof=False))
        command = [binary.path, "-q", "-c", str(config)]
        start = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        began = time.monotonic()
        target = os.open(events, os.O_WRONLY | os.O_APPEND)
        for number in range(int(per_second * seconds)):
            os.write(target, lines[number % len(lines)])
            pause = began + (number + 1) / per_second - time.monotonic()
            if pause > 0:
                time.sleep(pause)
        os.close(target)
        time.sleep(2)
        os.kill(child.pid, signal.SIGTERM)  # not terminate(): that would collect a child that has ended already
        usage = reap(child, start, 60, command)
        return usage, ev.judge(str(Path(directory) / "out.jsonl"), "")


def deployed(modules: Modules) -> dict[str, str]:
    """The files that an old Fluent Bit can be given."""
    files = {"module": modules.general, "baked": modules.baked, "aot": modules.aot.get("general", ""), "baked aot": modules.aot.get("baked", "")}
    return {name: file for name, file in files.items() if file}


def old(record: Record, binary: fb.FluentBit, modules: Modules, rounds: int, say) -> None:
    """Size and load time of what is deployed with an old Fluent Bit."""
    version = f"Fluent Bit {binary.version}"
    files = deployed(modules)
    times = load_time(binary, files, modules.floor, rounds, say)
    sizes = files | {"floor": modules.floor}
    record.raw["load_old_ms"] = {name: spread.raw() | {"bytes": os.path.getsize(sizes[name])} for name, spread in times.items()}
    size = "at most 80 KB"
    if modules.baked:
        bytes_ = os.path.getsize(modules.baked)
        record.row("baked-size", "Baked module, size", size, f"{bytes_ / 1000:.1f} kB", bytes_ <= 80_000)
    else:
        record.row("baked-size", "Baked module, size", size, "no baked module found")
    for name, limit in (("baked", 2.3), ("baked aot", 0.3)):
        what, bar = f"{version}, load and one small event, {name}", f"at most {limit} ms"
        if name in times:
            record.row(f"load-{name}", what, bar, times[name].text("ms"), times[name].median <= limit)
        else:
            record.row(f"load-{name}", what, bar, "not measured")
    for name, what in (("module", "module"), ("aot", "aot"), ("floor", "floor: a module that does nothing")):
        if name in times:
            record.row(f"load-{name}", f"{version}, load and one small event, {what}", "none", times[name].text("ms"))


def live_rates(record: Record, binary: fb.FluentBit, modules: Modules, sample: str, seconds: float, say) -> None:
    """The CPU of live events with an old Fluent Bit, which loads the module for every few of them: with the input that
    fluent-logshipping-app has, and with the one that this project puts in its place."""
    files = deployed(modules)
    lines = Path(sample).read_bytes().splitlines(keepends=True)[:1000]
    for id_, base, what in (("live", fb.Pipeline(chunk="32K"), "tail waits for inotify"),
                            ("live-polled", fb.Pipeline(chunk="512K", waits=False), "`inotify_watcher false`")):
        table = {"none": base, "lua": replace(base, filter="lua")} | {name: wasm(base, file) for name, file in files.items()}
        for rate in (100, 500):
            used, wrong = {}, []
            for name, pipeline in table.items():
                used[name], verdict = live(binary, pipeline, lines, rate, seconds)
                say(f"{id_} {rate}/s {name}: {used[name].cpu_s:.2f} s CPU")
                sent = int(rate * seconds)
                stamped = sent if name in files else 0
                if (verdict.count, verdict.stamped, verdict.placeholders) != (sent, stamped, 0):
                    wrong.append(f"**{name}: expected {sent} records, {stamped} stamped, found {verdict.count}, {verdict.stamped}**")
            record.raw[f"{id_}_{rate}"] = {"seconds": seconds} | {name: usage.raw() for name, usage in used.items()}
            share = {name: (usage.cpu_s - used["none"].cpu_s) / seconds * 100 for name, usage in used.items() if name != "none"}
            record.row(f"{id_}-{rate}", f"Fluent Bit {binary.version}, {rate} live events a second, {what}: added CPU of one core", "stated",
                       "; ".join([f"{name} {percent:.1f} %" for name, percent in share.items()] + wrong), False if wrong else None)


def new(record: Record, binary: fb.FluentBit, modules: Modules, rounds: int, say) -> None:
    """Size and load time of the general module."""
    bytes_ = os.path.getsize(modules.general)
    record.row("size", "General module, size", "at most 200 KB", f"{bytes_ / 1000:.1f} kB", bytes_ <= 200_000)
    files = {"module": modules.general} | ({"aot": modules.aot["general"]} if "general" in modules.aot else {})
    times = load_time_kept(binary, files, modules.floor, max(rounds, 15), say)
    record.raw["load_new_ms"] = {name: spread.raw() for name, spread in times.items()}
    record.row("load", f"Fluent Bit {binary.version}, general module, load", "at most 6 ms", times["module"].text("ms"), times["module"].median <= 6)
