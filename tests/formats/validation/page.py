"""docs/formats/validation.md: what each check found when all of them ran, for `BLESS=1`."""

import importlib.metadata
import os
import pathlib
import re
import subprocess

from receivers import syslog_ng

PATH = pathlib.Path(__file__).parents[3] / "docs/formats/validation.md"
BODIES = "`raw`, `cef`, `leef`"

# By check: the formats, who read them, and what was compared.
ROWS = {
    "ocsf": ("`ocsf`", "OCSF's own schemas in PyPI's `ocsf-json-schema` {ocsf-json-schema}", "the whole event"),
    "cef": ("`cef`", "PyPI's `pycef` {pycef}", "six values of each Kubernetes event"),
    "leef": ("`leef`", "the rules of IBM's guide", "six values of each Kubernetes event"),
    "rfc5424 in rsyslog": (f"`syslog` with {BODIES}", "rsyslog {rsyslog}", "header, time, message"),
    "rfc5424 in syslog-ng": (f"`syslog` with {BODIES}", "syslog-ng {syslog-ng}", "header, time, message"),
    "rfc5424 in Fluent Bit": (f"`syslog` with {BODIES}", "Fluent Bit's `syslog` input", "header, time, message"),
    "rfc3164 in rsyslog": (f"`syslog_3164` with {BODIES}", "rsyslog {rsyslog}", "header, message"),
    "rfc3164 in syslog-ng": (f"`syslog_3164` with {BODIES}", "syslog-ng {syslog-ng}", "header, message"),
    "rfc3164 in Fluent Bit": (f"`syslog_3164` with {BODIES}", "Fluent Bit's `syslog` input", "header, message"),
    "arrival: splunk_hec in Fluent Bit": ("`splunk_hec`", "Fluent Bit's `splunk` input", "the whole event but its time"),
    "arrival: es_bulk in Fluent Bit": ("`es_bulk`", "Fluent Bit's `elasticsearch` input", "action and document"),
    "arrival: ecs in Fluent Bit's HTTP input": ("`ecs`", "Fluent Bit's `http` input", "the whole event"),
    "arrival: otlp in Fluent Bit": ("`otlp`", "Fluent Bit's `opentelemetry` input", "the body"),
    "arrival: es_bulk in VictoriaLogs": ("`es_bulk`", "VictoriaLogs", "every field, time to the nanosecond"),
    "arrival: loki in VictoriaLogs": ("`loki+cef`", "VictoriaLogs", "line, labels, metadata, time to the nanosecond"),
    "arrival: datadog in VictoriaLogs": ("`datadog`", "VictoriaLogs", "the message"),
    "filter role, es output": ("`es_bulk`", "output `es`, input `elasticsearch`", "the document and its name"),
    "filter role, splunk output": ("`splunk_hec`", "output `splunk`, input `splunk`", "the whole event but its time"),
    "filter role, http output": ("`ocsf`", "output `http`, input `http`", "the whole event"),
    "filter role, opentelemetry output": ("`otlp`", "output and input `opentelemetry`", "the body"),
    "filter role, syslog output": ("`cef`", "output and input `syslog`", "the line"),
    "filter role, loki output": ("`loki`", "output `loki`, VictoriaLogs", "the line"),
    "filter role, gelf output": ("`gelf`", "output `gelf`, a socket", "every field but version and time"),
    "filter role, kafka output": ("`ecs`, `ocsf`, `cef`", "output `kafka`, librdkafka's own broker, input `kafka`", "the whole record or line"),
    "filter role, s3 output": ("`ocsf`, `cef`", "output `s3`, moto", "the whole object or line"),
    "filter role, cloudwatch_logs output": ("`ecs`, `leef`", "output `cloudwatch_logs`, moto", "the whole event or line"),
    "filter role, azure_logs_ingestion output": ("`sentinel`", "output `azure_logs_ingestion`, a stand-in for Azure's API", "every column"),
}

TEXT = """# What validated the formats

Written by `BLESS=1 make validate-formats` from what its checks found; a run without it says if a check has no line here. [What goes
in](../../tests/formats/README.md): samples, what real systems wrote, hostile and long fields; in the filter role Kubernetes events, through the module with
formats in the Fluent Bit that the result names. `native` is the record as the filter gives it back, which [every destination](../../fluent-bit-conf/README.md)
is tested with.

| Format | Read by | Compared | Found |
|---|---|---|---|
"""


def said(command: list[str], pattern: str) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return "?"
    found = re.search(pattern, answer.stdout + answer.stderr)
    return found[1] if found else "?"


def fluent_bit(program: str | None) -> str:
    return said([program or "fluent-bit", "--version"], r"Fluent Bit v(\S+)")


def write(results: dict[str, list[tuple[str | None, str]]]) -> None:
    versions = {
        "rsyslog": said([os.environ.get("RSYSLOG", "/usr/sbin/rsyslogd"), "-v"], r"rsyslogd\s+(\S+)"),
        "syslog-ng": said([*syslog_ng(), "--version"], r"\((\S+)\)"),
        **{name: importlib.metadata.version(name) for name in ("ocsf-json-schema", "pycef")},
    }
    lines = []
    for name, found in results.items():
        formats, reader, compared = ROWS[name]
        for version, number in versions.items():
            reader = reader.replace(f"{{{version}}}", number)
        texts = [result if program is None else f"{fluent_bit(program)}: {result}" for program, result in found]
        lines.append(f"| {formats} | {reader} | {compared} | {'; '.join(texts)} |\n")
    PATH.write_text(TEXT + "".join(lines))


def missing(checks) -> list[str]:
    """Checks that the page says nothing about."""
    page = PATH.read_text() if PATH.exists() else ""
    return [name for name in checks if name not in ROWS or f"| {ROWS[name][0]} | {ROWS[name][1].split('{')[0]}" not in page]
