#!/usr/bin/env python3
"""Writes what a release is made of: a bill of materials (CycloneDX 1.5, JSON), and the licences as text.

Reads `cargo metadata --format-version 1` and Cargo.lock. Only packages that end up in what is shipped are listed: those that the command line
and the output plugin depend on at run time. The same input gives the same bytes: no clock, no random serial number.
"""

import json
import pathlib
import sys
import tomllib

SHIPPED = ("auditgate-cli", "auditgate-out")


def inside(metadata):
    """The packages inside what is shipped, by id."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    waiting = [package for package, name in names.items() if name in SHIPPED]
    found = set()
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        found.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return found


def main():
    bill_path, licences_path = sys.argv[1:]
    metadata = json.load(sys.stdin)
    lock = tomllib.loads(pathlib.Path("Cargo.lock").read_text())
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    ids = inside(metadata)
    packages = sorted((package for package in metadata["packages"] if package["id"] in ids), key=lambda package: (package["name"], package["version"]))
    components, lines, unknown = [], [], []
    for package in packages:
        name, version, licence = package["name"], package["version"], package["license"]
        # As Cargo allowed it once: `MIT/Apache-2.0`.
        licence = licence.replace("/", " OR ") if licence else None
        if licence is None:
            unknown.append(f"{name} {version}")
        component = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version,
                     "licenses": [{"expression": licence}], "purl": f"pkg:cargo/{name}@{version}"}
        checksum = checksums.get((name, version))
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
        lines.append(f"{name} {version}: {licence}\n")
    if unknown:
        raise SystemExit(f"error: expected a licence of each package, found none of {', '.join(unknown)}")
    own = next(package for package in metadata["packages"] if package["name"] == "auditgate")
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {"type": "application", "name": "auditgate", "version": own["version"], "licenses": [{"expression": own["license"]}]}},
            "components": components}
    pathlib.Path(bill_path).write_text(json.dumps(bill, indent=1) + "\n")
    pathlib.Path(licences_path).write_text("".join(lines))


if __name__ == "__main__":
    main()
