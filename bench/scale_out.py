#!/usr/bin/env python3
"""What agents and an aggregator cost in CPU time: the numbers behind docs/operations.md.

Ten agents (fluent-bit-conf/forward.yaml) read 5,000 events each, redact them and send them by `forward` over TLS to one aggregator
(fluent-bit-conf/aggregator.yaml), which checks the stamp and writes to a file. 50,000 events are one second of 100 nodes with 500 events a
second each. CPU time is the kernel's account of each process; wall time is not looked at. Loopback only; ends after two minutes at most.

  FLUENT_BIT=... bench/scale_out.py [--agents 10] [--events 5000]
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
LIMIT_S = 120


def cpu_ms(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


def peak_mb(pid):
    line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def start(program, configuration, folder, environment):
    log = open(folder / "fluent-bit.log", "wb")
    command = [program, "-c", str(configuration)]
    return subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--events", type=int, default=5000)
    arguments = parser.parse_args()
    program = os.environ.get("FLUENT_BIT", "fluent-bit")
    module = os.environ.get("AUDITGATE_WASM", str(PROJECT / "dist/auditgate.wasm"))
    total = arguments.agents * arguments.events
    root = pathlib.Path(tempfile.mkdtemp(prefix="auditgate-scale-"))
    processes = []
    try:
        corpus = (PROJECT / "tests/corpus/kubernetes/falco-traces.jsonl").read_text().splitlines()
        log = root / "audit.log"
        log.write_text("".join(corpus[number % len(corpus)] + "\n" for number in range(arguments.events)))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=root, check=True, capture_output=True)
        shutil.copytree(PROJECT / "fluent-bit-conf", root / "conf")
        port = free_port()
        aggregator = root / "conf/aggregator.yaml"
        text = aggregator.read_text()
        assert "port: 24224" in text and "listen: 0.0.0.0" in text
        aggregator.write_text(text.replace("port: 24224", f"port: {port}").replace("listen: 0.0.0.0", "listen: 127.0.0.1"))
        shared = {"SIEM_HOST": "localhost", "SIEM_PORT": str(port), "SIEM_SHARED_KEY": "scale", "CA_FILE": str(root / "cert.pem"),
                  "TLS_CERT": str(root / "cert.pem"), "TLS_KEY": str(root / "key.pem"), "AUDITGATE_WASM": module, "AUDIT_LOG": str(log)}

        def folder(name):
            for part in ("state", "policy", "out"):
                (root / name / part).mkdir(parents=True)
            return root / name

        def own(at):
            return shared | {"STATE_DIR": str(at / "state"), "AUDITGATE_POLICY": str(at / "policy"), "OUT_DIR": str(at / "out")}

        at = folder("aggregator")
        processes.append(start(program, aggregator, at, own(at)))
        delivered = at / "out/default.jsonl"
        time.sleep(1.5)
        for number in range(arguments.agents):
            at = folder(f"agent-{number}")
            processes.append(start(program, root / "conf/forward.yaml", at, own(at)))
        deadline = time.monotonic() + LIMIT_S
        while lines(delivered) < total and time.monotonic() < deadline:
            time.sleep(0.5)
        arrived = lines(delivered)
        aggregator_ms, *agents_ms = [cpu_ms(process.pid) for process in processes]
        aggregator_mb, *agents_mb = [peak_mb(process.pid) for process in processes]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(root, ignore_errors=True)
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    agent_us = sum(agents_ms) * 1000 / total
    aggregator_us = aggregator_ms * 1000 / total
    print(json.dumps({
        "fluent_bit": version, "events": total, "arrived": arrived, "agent_us_per_event": round(agent_us, 1),
        "aggregator_us_per_event": round(aggregator_us, 1), "agent_cores_at_500_per_s": round(agent_us * 500 / 1e6, 3),
        "aggregator_cores_at_50000_per_s": round(aggregator_us * 50000 / 1e6, 2), "agent_peak_mb": max(agents_mb),
        "aggregator_peak_mb": aggregator_mb}))
    raise SystemExit(0 if arrived == total else 1)


if __name__ == "__main__":
    main()
