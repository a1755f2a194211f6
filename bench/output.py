#!/usr/bin/env python3
"""The output plugin beside Fluent Bit's own outputs: the whole pipeline, tail to VictoriaLogs, user CPU time an event and peak memory.

    output.py [--events N] [--rounds N] [--plugin FILE] [--generated]

The events are those of run.py, real ones with identifiers of their own; with `--generated` generated ones, of which hardly any is like another and every fourth
holds secrets. Stock outputs parse and redact nothing; the plugin takes raw lines, with the complete redaction. The input waits while 16 MB are on
their way, so that memory is what the way takes and not how much of the log is read ahead. Rounds are interleaved, and every event is checked at the receiver. FLUENT_BIT and VICTORIA_LOGS name the programs.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/delivery"))
import receivers as R  # noqa: E402
from cases import find  # noqa: E402
from harness import events  # noqa: E402

INPUT = """
service: {{flush: 1, grace: 5, log_level: warn, parsers_file: {parsers}}}
pipeline:
  inputs:
    - {{name: tail, tag: audit.k8s, path: {log}, read_from_head: true, buffer_max_size: 8M, buffer_chunk_size: 512K, mem_buf_limit: 16M{parser}}}
  outputs:
    - {{match: '*', workers: 1, {output}}}
"""
STOCK = "host: 127.0.0.1, port: {port}"
WAYS = {
    "stock es, gzip": (True, "name: es, " + STOCK + ", path: /insert/elasticsearch, compress: gzip, suppress_type_name: on, buffer_size: 1M"),
    "stock es": (True, "name: es, " + STOCK + ", path: /insert/elasticsearch, suppress_type_name: on, buffer_size: 1M"),
    "stock loki, gzip": (True, "name: loki, " + STOCK + ", uri: /insert/loki/api/v1/push, compress: gzip, labels: job=audit"),
    "auditgate, bulk, gzip": (False, "name: auditgate, type: elasticsearch, endpoint: 'http://127.0.0.1:{port}/insert/elasticsearch', quarantine: {folder}/q"),
    "auditgate, Loki, gzip": (False, "name: auditgate, type: loki, endpoint: 'http://127.0.0.1:{port}/insert', quarantine: {folder}/q"),
}


def count(port: int) -> int:
    query = urllib.parse.urlencode({"query": "* | stats count() n"}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/select/logsql/query", query, 60) as answer:
        found = answer.read()
    return int(found.split(b'"n":"')[1].split(b'"')[0]) if b'"n"' in found else 0


def peak_kb(pid: int) -> int:
    """Peak resident memory of a process. What wait4 says of it counts this program as well, of which it is a copy at first."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


def measure(way: str, program: str, victoria: str, plugin: Path, log: Path, events: int, folder: Path) -> tuple[float, int]:
    """User CPU microseconds an event, and peak memory in kB."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        own = Path(own)
        receiver = R.VictoriaLogs(victoria, own)
        try:
            (own / "parsers.conf").write_text("[PARSER]\n    Name json\n    Format json\n")
            is_parsed, output = WAYS[way]
            output = output.format(port=receiver.port, folder=own)
            parser = ", parser: json" if is_parsed else ""
            (own / "fb.yaml").write_text(INPUT.format(parsers=own / "parsers.conf", log=log, parser=parser, output=output))
            command = [program, "-e", str(plugin), "-c", str(own / "fb.yaml")] if "auditgate" in way else [program, "-c", str(own / "fb.yaml")]
            with open(own / "log", "wb") as out:
                process = subprocess.Popen(command, stdout=out, stderr=out, cwd=own)
            deadline = time.monotonic() + 180
            while (arrived := count(receiver.port)) < events:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"{way}: {arrived} of {events} arrived: {(own / 'log').read_text()[-500:]}")
                time.sleep(0.3)
            peak = peak_kb(process.pid)
            process.send_signal(signal.SIGTERM)
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            if arrived != events:
                raise RuntimeError(f"{way}: {arrived} arrived of {events}")
            return usage.ru_utime / events * 1e6, peak
        finally:
            receiver.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="parts of names, with commas between them")
    parser.add_argument("--generated", action="store_true", help="generated events in the place of real ones")
    parser.add_argument("--plugin", type=Path, default=ROOT / "dist/out_auditgate.so")
    options = parser.parse_args()
    options.plugin = options.plugin.resolve()
    program, victoria = find("FLUENT_BIT", "fluent-bit"), find("VICTORIA_LOGS", "victoria-logs")
    if not program or not victoria:
        print("SKIPPED: set FLUENT_BIT and VICTORIA_LOGS to their programs")
        return 0
    wanted = [way for way in WAYS if not options.only or any(part in way for part in options.only.split(","))]
    with tempfile.TemporaryDirectory(prefix="auditgate-output-") as folder:
        folder = Path(folder)
        if options.generated:
            log = folder / "audit.log"
            events.generate(log, options.events, "--profile", "small")
        else:
            log = Path(events.mixed(folder, options.events).path)
        print(f"{options.events} events of {log.stat().st_size / options.events:.0f} bytes")
        results: dict[str, list[tuple[float, int]]] = {way: [] for way in wanted}
        for turn in range(options.rounds):
            for way in wanted[turn % len(wanted):] + wanted[:turn % len(wanted)]:
                results[way].append(measure(way, program, victoria, options.plugin, log, options.events, folder))
        base = wanted[0]
        print("| | user CPU an event, us | of " + base + " | peak memory, MB |\n|---|---|---|---|")
        for way, values in results.items():
            cpu = statistics.median(value for value, _ in values)
            ratio = statistics.median(one / other for (one, _), (other, _) in zip(values, results[base]))
            spread = f"{min(value for value, _ in values):.1f} to {max(value for value, _ in values):.1f}"
            print(f"| {way} | {cpu:.1f} ({spread}) | {ratio:.2f} | {statistics.median(rss for _, rss in values) / 1000:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
