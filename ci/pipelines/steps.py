#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the scripts of a pipeline's jobs as NUL-separated triples: job, number of the step, script."""

import sys

from ruamel.yaml import YAML


def github(document):
    for job, body in document["jobs"].items():
        for number, step in enumerate(body["steps"]):
            if "run" in step:
                yield job, number, step["run"]


def gitlab(document):
    for job, body in document.items():
        if job.startswith(".") or not isinstance(body, dict) or "script" not in body:
            continue
        base = document.get(body.get("extends"), {})
        scripts = base.get("before_script", []) + body["script"]
        for number, script in enumerate(scripts):
            yield job, number, script


for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as source:
        document = YAML(typ="safe").load(source)
    for job, number, script in (github if "jobs" in document else gitlab)(document):
        if "${{" in script:
            sys.exit(f"{file}: step {number} of {job} has an expression in its script; hand it over by env instead")
        sys.stdout.write(f"{file} {job}\0{number}\0{script}\0")
