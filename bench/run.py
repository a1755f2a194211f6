#!/usr/bin/env python3
"""Measures auditgate: `make bench`, or `bench/run.py --help`. What is measured, and how, stands in bench/README.md."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import engine, events, fluent_bit, loading, pipeline
from harness.process import ChildFailed
from harness.record import Record, directory_name

ROOT = Path(__file__).resolve().parent.parent
PARTS = ["new", "others", "old", "load", "live", "catalogue", "engine", "sizes", "rss"]
QUICK = {"events": 1_000, "rounds": 1, "live_seconds": 2, "million": 20_000}
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def say(text: str) -> None:
    print(f"    {text}", file=sys.stderr)


def step(text: str) -> None:
    print(f"==> {text}", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS,
                        help="parts to measure (default: all); those measured before stay in the record of the day")
    parser.add_argument("--quick", action="store_true", help="every part with little work, into the target directory: does it run? Its numbers mean nothing")
    parser.add_argument("--events", type=int, default=20_000, help="events in a run of Fluent Bit")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each of which measures every variant once")
    parser.add_argument("--live-seconds", type=float, default=8, help="length of a live run")
    parser.add_argument("--million", type=int, default=1_000_000, help="events of the memory run")
    parser.add_argument("--no-vrl", action="store_true", help="do not build VRL (12 minutes on two cores, once)")
    parser.add_argument("--out", type=Path, help="directory for the results (default: bench/runs/<date>-<cpu>)")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    return options


def built(*command: str, result: Path, cwd: Path = ROOT, **environment: str) -> str:
    """Runs a build and returns the path of what it made."""
    subprocess.run(command, cwd=cwd, env=os.environ | environment, check=True)
    return str(result)


def floor_module() -> str:
    return built("bash", str(ROOT / "bench" / "floor" / "build.sh"), result=TARGET / "floor.wasm")


def empty_module() -> str:
    return built("bash", str(ROOT / "bench" / "catalogue.sh"), result=TARGET / "catalogue" / "empty.wasm")


def bench_program() -> str:
    return built("cargo", "build", "-q", "--profile", "dist", "-p", "auditgate-bench", result=TARGET / "dist" / "auditgate-bench")


def vrl_program() -> str:
    folder = ROOT / "bench" / "vrl"
    target = TARGET / "vrl"
    return built("cargo", "build", "-q", "--release", result=target / "release" / "auditgate-bench-vrl", cwd=folder, CARGO_TARGET_DIR=str(target))


def compile_aot(variable: str, options: list[str], modules: dict[str, str], folder: Path) -> dict[str, str]:
    """Compiles modules with WAMR's compiler, for any x86-64 of the last fifteen years; nothing without it."""
    compiler = os.environ.get(variable) or (shutil.which("wamrc") if variable == "WAMRC" else None)
    if not compiler:
        say(f"no ahead-of-time compiler: set {variable} to the wamrc of that Fluent Bit's WAMR")
        return {}
    made = {}
    for name, module in modules.items():
        target = folder / f"{variable.lower()}-{name}.aot"
        command = [compiler, "--target=x86_64", "--cpu=x86-64-v2", *options, "-o", str(target), module]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0:
            made[name] = str(target)
        else:
            say(f"`{' '.join(command)}` failed")
    return made


def main() -> int:
    options = arguments()
    record = Record()
    target = options.out or (TARGET / "bench-quick" if options.quick else ROOT / "bench" / "runs" / directory_name())
    measured: dict[str, bool] = {}  # in order
    new = fluent_bit.find("FLUENT_BIT", "fluent-bit")
    old = fluent_bit.find("FLUENT_BIT_OLD", None)
    for name, binary in (("FLUENT_BIT", new), ("FLUENT_BIT_OLD", old)):
        if binary:
            record.versions[name] = f"{binary.version} (optimised: {binary.optimised})"
            if binary.optimised == "no":
                step(f"WARNING: {binary.path} is a debug build; its numbers say nothing. Build it with -DFLB_RELEASE=On")
        else:
            record.versions[name] = "not found, its rows are skipped"
            step(f"SKIPPED: no {name}")

    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder = Path(directory)
        step("making modules and events")
        # A copy: a build that runs meanwhile must not change what is measured.
        module = shutil.copy(ROOT / "dist" / "auditgate.wasm", folder)
        record.versions["module"] = f"{os.path.getsize(module)} bytes, SHA-256 {hashlib.sha256(Path(module).read_bytes()).hexdigest()[:16]}"
        baked = os.environ.get("AUDITGATE_BAKED", str(ROOT / "dist" / "auditgate-baked.wasm"))
        baked = baked if Path(baked).exists() else ""
        to_compile = {"general": module} | ({"baked": baked} if baked else {})
        floor = floor_module() if {"new", "others", "old", "load", "live", "engine", "sizes"} & set(options.only) else ""
        mixed = events.mixed(folder, options.events)
        say(f"{mixed.count} events, {mixed.mean_bytes:.0f} bytes each")

        def attempt(part: str, measure) -> None:
            """A part that fails costs its own rows only. What there is so far is written, in case the run is broken off."""
            record.part = part
            try:
                measure()
            except (AssertionError, OSError, subprocess.SubprocessError, ChildFailed) as error:
                step(f"FAILED: {part}: {error}")
                record.row(part, f"part `{part}` of the benchmarks", "runs", f"failed: {error}", False)
            measured[part] = True
            record.write(target, list(measured), PARTS)

        if new and {"new", "others", "load"} & set(options.only):
            step(f"Fluent Bit {new.version}")
            aot = compile_aot("WAMRC", [], to_compile, folder)
            modules = pipeline.Modules(module, baked, floor, aot)
            if "new" in options.only:
                attempt("new", lambda: pipeline.new(record, new, modules, mixed, options.rounds, say))
            if "others" in options.only:
                kinds = {"real": events.real(folder, options.events), "cluster": events.cluster(folder, options.events)}
                attempt("others", lambda: pipeline.others(record, new, modules, kinds, options.rounds, say))
            if "load" in options.only:
                attempt("load", lambda: loading.new(record, new, modules, options.rounds, say))
        if new and "catalogue" in options.only:
            step("the catalogue")
            to_compare = {"general": str(TARGET / "catalogue" / "full.wasm"), "empty": empty_module()}
            modules = pipeline.Modules(to_compare["general"], "", "", compile_aot("WAMRC", [], to_compare, folder), to_compare["empty"])
            attempt("catalogue", lambda: pipeline.catalogue(record, new, modules, mixed, options.rounds, say))
        if old and {"old", "load", "live"} & set(options.only):
            step(f"Fluent Bit {old.version}")
            aot = compile_aot("WAMRC_OLD", ["--disable-simd", "--disable-ref-types"], to_compile, folder)
            modules = pipeline.Modules(module, baked, floor, aot)
            if "old" in options.only:
                attempt("old", lambda: pipeline.old(record, old, modules, mixed, options.rounds, say))
            if "load" in options.only:
                attempt("load", lambda: loading.old(record, old, modules, options.rounds, say))
            if "live" in options.only:
                attempt("live", lambda: loading.live_rates(record, old, modules, mixed.path, options.live_seconds, say))
        if {"engine", "sizes"} & set(options.only):
            step("the engine without Fluent Bit")
            programs = engine.Programs(bench_program(), "" if options.no_vrl else vrl_program(), module, floor)
            if "engine" in options.only:
                attempt("engine", lambda: engine.compare(record, programs, mixed, options.rounds, say))
            if "sizes" in options.only:
                attempt("sizes", lambda: engine.sizes(record, programs, new, max(options.rounds // 2, 1), say))
        if new and "rss" in options.only:
            step("memory over many events")
            attempt("rss", lambda: engine.rss(record, new, module, mixed, options.million, say))

    step(f"results in {target}")
    return 0 if all(row.met is not False for row in record.rows) else 3


if __name__ == "__main__":
    sys.exit(main())
