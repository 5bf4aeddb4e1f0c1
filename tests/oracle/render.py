"""Prints the output of the AWS CLI, to compare it with the output of keypair.

Reads one JSON object per line. The response to {"value", "expression", "format", "title", "width", "color"} is
{"output"} or, if the AWS CLI fails, {"error"}. The response to {"value", "yaml"} is {"same"}: two booleans that are
true if PyYAML reads the document as the value, with YAML 1.1 and with the core schema of YAML 1.2.
"""

import argparse
import io
import json
import re
import sys

import awscli.formatter
import awscli.table
import colorama
import jmespath
import yaml


class Core(yaml.SafeLoader):
    """Loads YAML with the core schema of YAML 1.2.2 (section 10.3)."""


Core.yaml_implicit_resolvers = {}
for tag, expression in [
    ("null", r"null|Null|NULL|~|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{expression})$"), None)


def same(left, right):
    """Compares values and their types, which `==` ignores. The keys of `left` must be sorted."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == sorted(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def printed(case):
    """Returns the standard output of the AWS CLI."""
    page = io.StringIO()
    screen, sys.stdout = sys.stdout, page
    awscli.table.determine_terminal_width = lambda: case["width"]
    try:
        query = jmespath.compile(case["expression"]) if case["expression"] is not None else None
        color = "on" if case["color"] else "off"
        arguments = argparse.Namespace(query=query, color=color)
        formatter = awscli.formatter.get_formatter(case["format"], arguments)
        # With color, the formatter has wrapped the standard output and writes to the wrapper.
        formatter(case["title"], case["value"])
        return page.getvalue()
    finally:
        colorama.deinit()
        sys.stdout = screen


def answer(case):
    if "yaml" in case:
        readers = (yaml.SafeLoader, Core)
        return {"same": [same(yaml.load(case["yaml"], reader), case["value"]) for reader in readers]}
    try:
        return {"output": printed(case)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin.buffer:
    print(json.dumps(answer(json.loads(line))), flush=True)
