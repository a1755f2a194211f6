"""Throughput inside Fluent Bit: what each filter adds to the same pipeline without one, and what the whole pipeline takes."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from . import events as ev
from . import fluent_bit as fb
from .chart import Bar
from .process import ChildFailed, Spread, added, interleaved
from .record import Record


@dataclass
class Modules:
    """The files that Fluent Bit loads."""

    general: str
    baked: str  # empty if there is none
    floor: str
    aot: dict[str, str]  # "general", "baked", "empty" -> AOT file for the Fluent Bit in question; empty without wamrc
    empty: str = ""  # the general one with an engine that looks for nothing


def variants(modules: Modules, chunk: str) -> dict[str, fb.Pipeline]:
    """Every pipeline that is measured. Names end in `raw` where no parser runs."""
    parsed, raw = fb.Pipeline(chunk=chunk), fb.Pipeline(chunk=chunk, parsed=False)
    wasm = lambda base, file, function="auditgate_filter": replace(base, filter="wasm", module=file, function=function)
    found = {
        "none": parsed,
        "none raw": raw,
        "lua": replace(parsed, filter="lua"),
        "lua tuned": replace(parsed, filter="lua", script="redact-tuned.lua"),
        "module": wasm(parsed, modules.general),
        "module raw": wasm(raw, modules.general),
    }
    if "general" in modules.aot:
        found["aot"] = wasm(parsed, modules.aot["general"])
        found["aot raw"] = wasm(raw, modules.aot["general"])
    if modules.baked:
        found["baked"] = wasm(parsed, modules.baked)
    if "baked" in modules.aot:
        found["baked aot"] = wasm(parsed, modules.aot["baked"])
    if modules.empty:
        found["empty"] = wasm(parsed, modules.empty)
        found["empty raw"] = wasm(raw, modules.empty)
    if "empty" in modules.aot:
        found["empty aot"] = wasm(parsed, modules.aot["empty"])
    found["echo"] = wasm(parsed, modules.floor, "echo")
    found["echo raw"] = wasm(raw, modules.floor, "echo")
    found["scan"] = wasm(parsed, modules.floor, "scan")
    found["scan raw"] = wasm(raw, modules.floor, "scan")
    return found


def check(binary: fb.FluentBit, pipeline: fb.Pipeline, events: ev.Events, stamped: bool) -> tuple[dict, str]:
    """Runs once with the records written to a file, and reads them: as many as went in, stamped, no planted secret.
    Returns what was found, and what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        target = str(Path(directory) / "out.jsonl")
        fb.run_to_file(binary, pipeline, events.path, target)
        verdict = ev.judge(target, events.marker)
    wrong = ""
    if verdict.count != events.count:
        wrong = f"expected {events.count} records, found {verdict.count}"
    elif stamped and (verdict.stamped != events.count or verdict.placeholders):
        wrong = f"expected {events.count} stamped records, found {verdict.stamped}, and {verdict.placeholders} placeholders"
    elif stamped and verdict.leaking:
        wrong = f"expected no planted secret, found one in {verdict.leaking} records"
    return verdict.raw(), wrong


class Throughput:
    """One Fluent Bit, one chunk size, all variants."""

    def __init__(self, binary: fb.FluentBit, modules: Modules, events: ev.Events, chunk: str, rounds: int, names: list[str], say):
        table = {name: pipeline for name, pipeline in variants(modules, chunk).items() if name in names}
        self.events = events
        self.checked, self.failed = {}, {}
        for name in list(table):
            say(f"checking {name}")
            try:
                self.checked[name], wrong = check(binary, table[name], events, name.split()[0] in ("module", "aot", "baked"))
            except ChildFailed as error:
                wrong = str(error)
                del table[name]
            if wrong:
                self.failed[name] = wrong
                say(f"{name}: {wrong}")
        self.usage = interleaved(list(table), rounds, lambda name: fb.run(binary, table[name], events.path), say)

    def has(self, name: str) -> bool:
        return name in self.usage

    def why_not(self, name: str) -> str:
        return self.failed.get(name, "not measured")

    def judged(self, name: str, text: str, met: bool | None) -> tuple[str, bool | None]:
        """What is wrong with an output counts as not met, however fast it was made."""
        return (f"{text}; **{self.failed[name]}**", False) if name in self.failed else (text, met)

    def base(self, name: str) -> str:
        return "none raw" if name.endswith("raw") else "none"

    def added(self, name: str) -> Spread:
        """Microseconds an event over no filter."""
        return Spread.of(added(self.usage, name, self.base(name), self.events.count))

    def ratio(self, name: str, other: str = "lua") -> Spread:
        """What `name` adds over what `other` adds, round by round."""
        ours = added(self.usage, name, self.base(name), self.events.count)
        theirs = added(self.usage, other, self.base(other), self.events.count)
        return Spread.of([one / two for one, two in zip(ours, theirs)])

    def total(self, name: str) -> Spread:
        return Spread.of([one.cpu_s / self.events.count * 1e6 for one in self.usage[name]])

    def total_ratio(self, name: str, other: str) -> Spread:
        return Spread.of([one.cpu_s / two.cpu_s for one, two in zip(self.usage[name], self.usage[other])])

    def raw(self) -> dict:
        return {"events": self.events.__dict__, "checked": self.checked, "failed": self.failed,
                "usage": {name: [one.raw() for one in runs] for name, runs in self.usage.items()},
                "added_us": {name: self.added(name).raw() for name in self.usage}}

    def bars(self) -> list[Bar]:
        kind = lambda name: "floor" if name.split()[0] in ("echo", "scan") else "other" if name.startswith("lua") else "ours"
        names = [name for name in self.usage if not name.startswith("none")]
        return [Bar(LABELS[name], spread.median, spread.low, spread.high, kind(name)) for name in names for spread in [self.added(name)]]


LABELS = {
    "lua": "Lua redactor, does less", "lua tuned": "Lua redactor, tuned, does less", "module": "auditgate.wasm",
    "module raw": "auditgate.wasm, raw lines", "aot": "compiled ahead of time", "aot raw": "compiled ahead of time, raw lines",
    "baked": "baked module", "baked aot": "baked, compiled ahead of time", "echo": "floor: a module that does nothing",
    "echo raw": "floor: the same, raw lines", "scan": "floor: a module that only looks", "scan raw": "floor: one that only looks, raw lines",
}


def compare(record: Record, run: Throughput, id_: str, name: str, what: str, limit: float) -> None:
    """A row: what `name` adds against what Lua adds."""
    bar = f"at most {limit:g} of Lua's"
    if not (run.has(name) and run.has("lua")):
        record.row(id_, what, bar, run.why_not(name if not run.has(name) else "lua"))
        return
    ratio = run.ratio(name)
    text = f"{ratio.text()} of Lua's: {run.added(name).text('µs')} against {run.added('lua').text('µs')}"
    if run.has("lua tuned"):
        text += f"; {run.ratio(name, 'lua tuned').median:.2f} of the tuned Lua's"
    record.row(id_, what, bar, *run.judged(name, text, ratio.median <= limit))


def new(record: Record, binary: fb.FluentBit, modules: Modules, events: ev.Events, rounds: int, say) -> None:
    """The rows of a Fluent Bit that keeps its instance."""
    names = ["none", "none raw", "lua", "lua tuned", "module", "module raw", "aot", "aot raw", "echo", "echo raw", "scan", "scan raw"]
    run = Throughput(binary, modules, events, "1M", rounds, names, say)
    record.raw["fluent_bit_new"] = run.raw()
    record.bars.append((f"Fluent Bit {binary.version}, events of {events.mean_bytes / 1000:.1f} kB", run.bars()))
    version = f"Fluent Bit {binary.version}"
    compare(record, run, "interpreter", "module", f"{version}, interpreter: CPU added to `Parser json`", 0.45)
    compare(record, run, "interpreter-raw", "module raw", f"{version}, interpreter: CPU added to raw lines", 0.45)
    compare(record, run, "aot", "aot", f"{version}, compiled ahead of time: CPU added to `Parser json`", 0.25)
    compare(record, run, "aot-raw", "aot raw", f"{version}, compiled ahead of time: CPU added to raw lines", 0.25)
    what, bar = f"{version}, whole pipeline: raw lines + module against `Parser json` + Lua", "at most 0.4 of its CPU"
    if run.has("module raw") and run.has("lua"):
        ratio = run.total_ratio("module raw", "lua")
        text = f"{ratio.text()}: {run.total('module raw').text('µs')} against {run.total('lua').text('µs')}"
        record.row("pipeline", what, bar, *run.judged("module raw", text, ratio.median <= 0.4))
    else:
        record.row("pipeline", what, bar, run.why_not("module raw"))
    floors(record, run, version)


OTHERS = {"real": "the real ones alone", "cluster": "a quiet cluster of today, generated"}


def others(record: Record, binary: fb.FluentBit, modules: Modules, kinds: dict[str, ev.Events], rounds: int, say) -> None:
    """The first rows again, with other events."""
    names = ["none", "none raw", "lua", "module", "module raw", "aot", "aot raw"]
    record.raw["others"] = {}
    for kind, events in kinds.items():
        say(f"{OTHERS[kind]}: {events.count} events, {events.mean_bytes:.0f} bytes each")
        run = Throughput(binary, modules, events, "1M", rounds, names, say)
        record.raw["others"][kind] = run.raw()
        for name in ("module", "module raw", "aot", "aot raw"):
            what = f"Fluent Bit {binary.version}, {LABELS[name]}: CPU added, other events ({OTHERS[kind]})"
            compare(record, run, f"others-{kind}-{name.replace(' ', '-')}", name, what, 0.25 if name.startswith("aot") else 0.45)


def floors(record: Record, run: Throughput, version: str) -> None:
    """What no module can be faster than, in the same unit as the rows that have a bar."""
    for name in ("echo", "echo raw", "scan", "scan raw"):
        if run.has(name) and run.has("lua"):
            text = f"{run.ratio(name).text()} of Lua's: {run.added(name).text('µs')}"
            record.row(f"floor-{name.replace(' ', '-')}", f"{version}, {LABELS[name]}", "none", text)


def catalogue(record: Record, binary: fb.FluentBit, modules: Modules, events: ev.Events, rounds: int, say) -> None:
    """What the complete catalogue costs: the module beside one whose engine looks for nothing, which therefore leaves secrets where they are."""
    pairs = {"module": "empty", "module raw": "empty raw", "aot": "empty aot"}
    run = Throughput(binary, modules, events, "1M", rounds, ["none", "none raw", *pairs, *pairs.values()], say)
    record.raw["catalogue"] = run.raw()
    for name, empty in pairs.items():
        if run.has(name) and run.has(empty):
            cost = Spread.of(added(run.usage, name, empty, events.count))
            text = f"{cost.text('µs')}: {run.added(name).text('µs')} against {run.added(empty).text('µs')}"
            what = f"Fluent Bit {binary.version}, {LABELS[name]}: what the complete catalogue adds to an engine that looks for nothing"
            record.row(f"catalogue-{name.replace(' ', '-')}", what, "stated", *run.judged(name, text, None))


def old(record: Record, binary: fb.FluentBit, modules: Modules, events: ev.Events, rounds: int, say) -> None:
    """The rows of a Fluent Bit that loads the module for every chunk."""
    version = f"Fluent Bit {binary.version}"
    large = Throughput(binary, modules, events, "1M", rounds, ["none", "lua", "lua tuned", "module", "baked", "echo", "scan"], say)
    record.raw["fluent_bit_old_1m"] = large.raw()
    record.bars.append((f"Fluent Bit {binary.version}, chunks of 1 MB", large.bars()))
    compare(record, large, "old-large", "module", f"{version}, 1 MB chunks, interpreter", 0.6)
    floors(record, large, f"{version}, 1 MB chunks")
    names = ["none", "lua", "lua tuned", "module", "baked", "aot", "baked aot", "echo"]
    medium = Throughput(binary, modules, events, "512K", rounds, names, say)
    record.raw["fluent_bit_old_512k"] = medium.raw()
    for name in ("baked aot", "aot", "baked", "module"):
        if medium.has(name):
            text = f"{medium.ratio(name).text()} of Lua's: {medium.added(name).text('µs')}"
            what = f"{version}, 512 KB chunks as the configurations here set them, {LABELS[name]}"
            record.row(f"old-medium-{name.replace(' ', '-')}", what, "none", *medium.judged(name, text, None))
    small = Throughput(binary, modules, events, "32K", rounds, names, say)
    record.raw["fluent_bit_old_32k"] = small.raw()
    record.bars.append((f"Fluent Bit {binary.version}, chunks of 32 KB", small.bars()))
    compare(record, small, "old-small-aot", "baked aot", f"{version}, 32 KB chunks, baked module compiled ahead of time", 0.6)
    for name in ("baked", "module", "aot"):
        if small.has(name):
            text = f"{small.ratio(name).text()} of Lua's: {small.added(name).text('µs')}"
            record.row(f"old-small-{name}", f"{version}, 32 KB chunks, {LABELS[name]}", "none", *small.judged(name, text, None))
