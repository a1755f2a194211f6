"""Validates what formats write with parsers and schemas that others made.

usage: validate.py AUDITGATE GENERATE [CHECK...]

Checks whose tools are missing are skipped, and say so. Ends with 1 if a check failed.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import arrival
import clouds
import page
import receivers
import stock
from receivers import Skipped

HERE = pathlib.Path(__file__).parent
SAMPLES = sorted((HERE.parent / "samples").glob("*.jsonl"))
CORPUS = sorted(path for path in (HERE.parents[1] / "corpus").glob("*/*") if path.suffix in (".jsonl", ".log"))
GENERATED_EVENTS = 10_000
TIME = "1795370140"
# What no line can hold: control characters become spaces, see docs/formats/cef.md.
CONTROL = {code: " " for code in [*range(10), 11, 12, *range(14, 32), 127]}

auditgate, generate = sys.argv[1:3]


def run(format_name: str, events: bytes) -> list[str]:
    command = [auditgate, "run", "--engine", "native", "--quiet", "--time", TIME, "--format", format_name, "-"]
    return subprocess.run(command, input=events, capture_output=True, check=True).stdout.decode().split("\n")[:-1]


def files(paths) -> bytes:
    return b"".join(path.read_bytes() for path in paths)


def long_events() -> bytes:
    """Fields of 64 KB: text, and what has to be escaped."""
    events = []
    for nth, filling in enumerate(["x", "=|\\", "\u00e9\U0001f600", "\n", '"']):
        text = filling * (65536 // len(filling))
        events.append({"auditID": f"long-{nth}", "stage": "s", "verb": "get", "user": {"username": text}, "userAgent": text})
        events.append({"SYSLOG_IDENTIFIER": "app", "MESSAGE": text})
    return "".join(json.dumps(event) + "\n" for event in events).encode()


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(what[:2000])


def check_ocsf() -> str:
    """Every event against OCSF's own schema, 1.5.0 and the newest."""
    try:
        import ocsf_json_schema
    except ImportError:
        raise Skipped("no `ocsf-json-schema`: pip install it") from None
    try:
        import jsonschema_rs
    except ImportError:
        raise Skipped("no `jsonschema-rs`: pip install it") from None
    generated = subprocess.run([generate, "--events", str(GENERATED_EVENTS)], capture_output=True, check=True).stdout
    events = [json.loads(line) for line in run("ocsf", files(SAMPLES) + files(CORPUS) + long_events() + generated)]
    versions = ocsf_json_schema.get_packaged_versions()
    newest = max((v for v in versions if "-" not in v), key=lambda v: [int(part) for part in v.split(".")])
    classes = {0: "base_event", 1007: "process_activity", 3002: "authentication", 6003: "api_activity"}
    for version in ("1.5.0", newest):
        schema = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(version=version))
        valid = {uid: jsonschema_rs.validator_for(schema.get_class_schema(class_name=name, profiles=[])) for uid, name in classes.items()}
        for event in events:
            for error in valid[event["class_uid"]].iter_errors(event):
                raise AssertionError(f"{version}: {error.message} at {error.instance_path} in {json.dumps(event)[:500]}")
    counts = {name: sum(event["class_uid"] == uid for event in events) for uid, name in classes.items()}
    expect(all(counts.values()), f"a class without an event: {counts}")
    each = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{len(events)} events valid by 1.5.0 and {newest}: {each}"


def as_line(text: str, longest: int = 8192) -> str:
    """What is left of a text in a line format, before escaping."""
    data = text.encode()
    if len(data) > longest:
        text = data[: longest - 3].decode(errors="ignore") + "..."
    return text.translate(CONTROL)


def text_of(value) -> str | None:
    return value if isinstance(value, str) and value else None


def expected_values(event: dict) -> dict:
    """What a receiver has to read back, taken from the event by its own field names."""
    user, ref = event.get("user"), event.get("objectRef")
    pairs = {
        "suser": text_of(user.get("username")) if isinstance(user, dict) else None,
        "act": text_of(event.get("verb")),
        "request": text_of(event.get("requestURI")),
        "requestClientApplication": text_of(event.get("userAgent")),
        "cs1": text_of(ref.get("namespace")) if isinstance(ref, dict) else None,
        "cs3": text_of(ref.get("name")) if isinstance(ref, dict) else None,
    }
    return {key: as_line(value) for key, value in pairs.items() if value}


def kubernetes_events() -> tuple[bytes, list[dict]]:
    data = files(path for path in SAMPLES if path.stem in ("kubernetes", "hostile")) + files(CORPUS) + long_events()
    raw = [json.loads(line) for line in run("raw", data)]
    lines = run("native", data)
    keep = [nth for nth, event in enumerate(raw) if "auditID" in event]
    return "".join(lines[nth] + "\n" for nth in keep).encode(), [raw[nth] for nth in keep]


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "r": "\r"}.get(match[1], match[1]), text)


def check_cef() -> str:
    """CEF by the Python package pycef, values compared."""
    try:
        import pycef
    except ImportError:
        raise Skipped("no `pycef`: pip install it") from None
    data, events = kubernetes_events()
    compared = 0
    for line, event in zip(run("cef", data), events, strict=True):
        parsed = pycef.parse(line)
        expect(parsed is not None, f"not parsed: {line}")
        expect(parsed["DeviceVendor"] == "Kubernetes" and parsed["DeviceProduct"] == "audit", f"{parsed}")
        for key, value in expected_values(event).items():
            if key.startswith("cs"):
                # pycef names a custom string by its label.
                key = {"cs1": "namespace", "cs3": "name"}[key]
            found = unescape(parsed.get(key, ""))
            expect(found.strip() == value.strip(), f"{key}: {value!r} came back as {found!r}")
            compared += 1
    return f"{len(events)} lines, {compared} values"


def check_leef() -> str:
    """LEEF by the rules of IBM's guide, values compared."""
    data, events = kubernetes_events()
    names = {"suser": "usrName", "act": "cat", "request": "url", "requestClientApplication": "userAgent", "cs1": "namespace", "cs3": "objectName"}
    compared = 0
    for line, event in zip(run("leef", data), events, strict=True):
        parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=6)
        expect(parts[0] == "LEEF:2.0" and parts[5] == "x09", line)
        pairs = dict(pair.split("=", 1) for pair in parts[6].split("\t"))
        for key, value in expected_values(event).items():
            found = unescape(pairs[names[key]])
            expect(found == value, f"{key}: {value!r} came back as {found!r}")
            compared += 1
    return f"{len(events)} lines, {compared} values"


SYSLOG_5424 = re.compile(r"<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) - (.*)", re.DOTALL)
SYSLOG_3164 = re.compile(r"<(\d+)>(\w{3} [ \d]\d [\d:]{8}) (\S+) ([^\[: ]+)(?:\[([^\]]*)\])?: (.*)", re.DOTALL)


def same_moment(one: str, other: str) -> bool:
    norm = lambda text: text.replace("+00:00", "Z")
    return norm(one) == norm(other)


def syslog(through, rfc3164: bool) -> str:
    data = files(SAMPLES) + files(CORPUS) + long_events()
    compared = 0
    for body in ("raw", "cef", "leef"):
        wrapper = "syslog_3164" if rfc3164 else "syslog"
        lines = run(f"{wrapper}+{body}", data)
        bodies = run(body, data)
        received = through(lines, rfc3164)
        expect(len(received) == len(lines), f"{len(lines)} sent, {len(received)} received")
        for line, sent, got in zip(lines, bodies, received, strict=True):
            if rfc3164:
                pri, _, host, app, pid, message = SYSLOG_3164.fullmatch(line).groups()
            else:
                pri, when, host, app, pid, msgid, message = SYSLOG_5424.fullmatch(line).groups()
                expect(same_moment(when, got["time"]), f"time {when}: {got['time']}")
                expect(dash(msgid) == dash(got.get("msgid")), f"msgid {msgid}: {got}")
            # A header cannot move the end of a body, nor a body its beginning.
            expect(message == sent, f"{message!r} in front of {sent!r}")
            found = got.get("message", "")
            expect(found.strip() == sent.strip(), f"message {sent[:500]!r}: {found[:500]!r}")
            # Receivers put the sender's address where a message names no host.
            expect(host in ("-", got["host"]) and app == got["app"], f"host, app {host} {app}: {str(got)[:500]}")
            expect(dash(pid) == dash(got.get("pid")), f"pid {pid}: {str(got)[:500]}")
            expect(str(pri) == str(got["pri"]), f"pri {pri}: {got['pri']}")
            compared += 1
    return f"{compared} messages with three bodies"


def dash(text: str | None) -> str:
    return "" if text in (None, "-") else text


CHECKS = {
    "ocsf": check_ocsf,
    "cef": check_cef,
    "leef": check_leef,
    "rfc5424 in rsyslog": lambda: syslog(receivers.through_rsyslog, False),
    "rfc5424 in syslog-ng": lambda: syslog(receivers.through_syslog_ng, False),
    "rfc5424 in Fluent Bit": lambda: syslog(receivers.through_fluent_bit, False),
    "rfc3164 in rsyslog": lambda: syslog(receivers.through_rsyslog, True),
    "rfc3164 in syslog-ng": lambda: syslog(receivers.through_syslog_ng, True),
    "rfc3164 in Fluent Bit": lambda: syslog(receivers.through_fluent_bit, True),
}

CHECKS.update({f"arrival: {name}": lambda check=check: check(run, files(SAMPLES) + files(CORPUS)) for name, check in arrival.CHECKS.items()})

# Events that carry their own time and id, so that both ways have the same ones.
TIMED = [path for path in SAMPLES if path.stem == "kubernetes"] + [path for path in CORPUS if path.parent.name == "kubernetes"]


def timed_events() -> bytes:
    """What real API servers wrote, and what tries to break out of a format."""
    hostile = [json.loads(line) for path in SAMPLES if path.stem == "hostile" for line in path.read_text().split("\n")[:-1]]
    hostile = [{**event, "stageTimestamp": "2026-11-22T17:55:40.123456Z"} for event in hostile if "auditID" in event]
    return files(TIMED) + "".join(json.dumps(event) + "\n" for event in hostile).encode()


CHECKS.update({f"filter role, {name} output": lambda check=check: check(run, timed_events()) for name, check in {**stock.CHECKS, **clouds.CHECKS}.items()})


FLUENT_BITS = [os.environ[variable] for variable in ("FLUENT_BIT", "FLUENT_BIT_OLD") if os.environ.get(variable)]


def programs(name: str) -> list[str | None]:
    """The Fluent Bits that a check runs in: all, if the filter stands in them."""
    return FLUENT_BITS if name.startswith("filter role") and FLUENT_BITS else [None]


def outcome(check, program: str | None) -> str:
    if FLUENT_BITS:
        os.environ["FLUENT_BIT"] = program or FLUENT_BITS[0]
    try:
        return check()
    except Skipped as reason:
        return f"SKIPPED: {reason}"
    except Exception as error:  # Whatever goes wrong is this check's failure, not the others'.
        return f"FAILED: {type(error).__name__}: {error}"


def main() -> int:
    results: dict[str, list[tuple[str | None, str]]] = {}
    wanted = sys.argv[3:]
    for name, check in CHECKS.items():
        if wanted and not any(part in name for part in wanted):
            continue
        for program in programs(name):
            start = time.monotonic()
            found = outcome(check, program)
            results.setdefault(name, []).append((program, found))
            where = f" in Fluent Bit {page.fluent_bit(program)}" if program else ""
            mark = "" if found.startswith(("SKIPPED", "FAILED")) else "ok: "
            print(f"{name}{where}: {mark}{found} ({time.monotonic() - start:.1f} s)", flush=True)
    if os.environ.get("BLESS") and not wanted:
        page.write(results)
    unsaid = page.missing(CHECKS)
    if unsaid:
        print(f"{page.PATH.name} says nothing of {', '.join(unsaid)}: BLESS=1 make validate-formats")
    return 1 if unsaid or any(found.startswith("FAILED") for rows in results.values() for _, found in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
