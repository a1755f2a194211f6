"""A real Fluent Bit: which one, its configuration, one run over a file."""

import mmap
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import process

PARSERS = "[PARSER]\n    Name json\n    Format json\n"


@dataclass
class FluentBit:
    """An executable and what is known of it."""

    path: str
    version: str
    optimised: str  # yes, no, unknown

    @property
    def loads_every_chunk(self) -> bool:
        """Before 4.1 the module is loaded anew for every chunk that an input appends."""
        return tuple(int(part) for part in self.version.split(".")[:2]) < (4, 1)


def find(variable: str, name: str | None) -> FluentBit | None:
    """The executable named by the environment, else the one in PATH."""
    path = os.environ.get(variable) or (name and shutil.which(name))
    if not path or not Path(path).exists():
        return None
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"v(\d+\.\d+\.\d+)", text)
    return FluentBit(path, version.group(1) if version else "0.0.0", optimised(path)) if version else None


def optimised(path: str) -> str:
    """Whether the compiler optimised its WebAssembly runtime, read from the debug information: a plain `cmake` of Fluent Bit makes
    a debug build, which is three times slower. The runtime is recognised by an option that only it is compiled with (x86-64)."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        compiled_with = re.findall(rb"GNU [^\0]*-mindirect-branch-register[^\0]*", image)
    if not compiled_with:
        return "unknown"
    return "yes" if all(re.search(rb" -O[123s]", one) for one in compiled_with) else "no"


@dataclass
class Pipeline:
    """One configuration: tail a file, perhaps parse, perhaps filter, write."""

    parsed: bool = True
    filter: str = "none"  # none, lua, wasm
    script: str = "redact.lua"  # for lua
    module: str = ""  # for wasm
    function: str = "auditgate_filter"
    policy_dir: str = ""  # accessible path for the module
    chunk: str = "1M"  # what tail reads and appends at a time
    largest: str = "16M"  # longest line
    waits: bool = True  # for inotify; otherwise files are looked at four times a second

    def text(self, events: str, directory: str, output: str, exit_on_eof: bool) -> str:
        """The classic configuration, which both versions read."""
        lines = ["[SERVICE]", "    Flush 0.5", "    Grace 20", "    Log_Level error", f"    Parsers_File {directory}/parsers.conf"]
        lines += ["[INPUT]", "    Name tail", f"    Path {events}", "    Tag audit.k8s", "    Read_from_Head On",
                  f"    Buffer_Chunk_Size {self.chunk}", f"    Buffer_Max_Size {self.largest}"]
        if not self.waits:
            lines.append("    Inotify_Watcher false")
        if exit_on_eof:
            lines.append("    Exit_On_Eof On")
        else:
            lines.append("    Refresh_Interval 1")
        if self.parsed:
            lines.append("    Parser json")
        if self.filter == "lua":
            lua = Path(__file__).resolve().parent.parent / "lua" / self.script
            lines += ["[FILTER]", "    Name lua", "    Match *", f"    Script {lua}", "    Call redact"]
        elif self.filter == "wasm":
            lines += ["[FILTER]", "    Name wasm", "    Match *", f"    WASM_Path {self.module}",
                      f"    Function_Name {self.function}", f"    Accessible_Paths {self.policy_dir or directory}",
                      "    Wasm_Stack_Size 262144"]
        lines += output.splitlines()
        return "\n".join(lines) + "\n"


NULL = "[OUTPUT]\n    Name null\n    Match *"


def to_file(folder: str, name: str) -> str:
    """An output that writes one JSON object a line."""
    return f"[OUTPUT]\n    Name file\n    Match *\n    Path {folder}\n    File {name}\n    Format plain"


def run(binary: FluentBit, pipeline: Pipeline, events: str, output: str = NULL) -> process.Usage:
    """Runs the pipeline over `events` to the end of the file. Anything that Fluent Bit logs as an error fails the run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        config = Path(directory) / "bench.conf"
        log = Path(directory) / "log"
        (Path(directory) / "parsers.conf").write_text(PARSERS)
        config.write_text(pipeline.text(events, directory, output, exit_on_eof=True))
        usage = process.run([binary.path, "-c", str(config)], log=str(log))
        complaints = [line for line in log.read_text(errors="replace").splitlines() if re.search(r"\[\s*(error|warn)\]", line)]
        if complaints:
            raise process.ChildFailed(f"Fluent Bit {binary.version} complained {len(complaints)} times, first: {complaints[0][:300]}")
        return usage


def run_to_file(binary: FluentBit, pipeline: Pipeline, events: str, target: str) -> process.Usage:
    """The same with the records written to `target`, one JSON object a line."""
    folder, name = os.path.split(target)
    Path(target).unlink(missing_ok=True)
    return run(binary, pipeline, events, to_file(folder, name))
