# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the parts of documentation that come from another place (`make generate`); a unit test finds stale ones.

A generated part is between two comments: `generated: NAME`, and `end of what is generated`. PARTS has its source.
"""

from __future__ import annotations

import importlib
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.epinio.registries.docs import pages
from ansible_collections.epinio.registries.plugins.doc_fragments._options import ModuleDocFragment
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._problems import Sentences

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "plugins/modules"
SPECIFICATION = ROOT / "roles/export_registries/meta/argument_specs.yml"
DEFAULTS = ROOT / "roles/export_registries/defaults/main.yml"
RST = ROOT / "docs/docsite/rst"
PAGE = RST / "problem_codes.rst"
SCHEMA = ROOT / "docs/schema/destinations.schema.json"
#: A part with the comments around it, in YAML, reStructuredText and Markdown.
PART = re.compile(
    r"(?P<begin>^(?P<indent> *)(?:#|\.\.|<!--) generated: (?P<name>[^.\n]+)\..*\n)"
    r"(?P<text>(?:.*\n)*?)"
    r"(?P<end>^ *(?:#|\.\.|<!--) end of what is generated.*\n)",
    re.M,
)
#: The head of a section of the page of problem codes: its title, the line of `place`, and the first words of the rest.
SECTION = re.compile(
    r"(?P<title>^(?P<code>[a-z0-9_]+)\n~+\n\n)(?:(?:Leg|Option)s?: .*\n\n)?"
    r"(?P<meaning>(?:``[^`]+``|`[^`]+`_*|[^`\n])+?)(?=[.:](?: |$))",
    re.M,
)


class _Yaml(yaml.SafeDumper):
    """YAML as we write it: sentences below each other, words and samples in one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    sentences = any(" " in item for item in items if isinstance(item, str))
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not sentences)


def _mapping(dumper: yaml.SafeDumper, items: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", items, flow_style=not _explains(items))


def _explains(items: Any) -> bool:
    return isinstance(items, dict) and ("type" in items or any(map(_explains, items.values())))


_Yaml.add_representer(list, _list)
_Yaml.add_representer(dict, _mapping)


def dump(content: Mapping[str, Any]) -> str:
    """Return options or results as YAML."""
    return str(yaml.dump(content, Dumper=_Yaml, sort_keys=False, width=90, allow_unicode=True))


def documented(plugin: str, what: str = "DOCUMENTATION", *, folder: str = "modules") -> dict[str, Any]:
    """Return what a module, or a plugin of another folder, says in C(DOCUMENTATION) or C(RETURN)."""
    name = f"ansible_collections.epinio.registries.plugins.{folder}.{plugin}"
    return dict(yaml.safe_load(getattr(importlib.import_module(name), what)))


def fragment(*names: str) -> dict[str, Any]:
    """Return the options of some of our fragments."""
    return {
        key: value
        for name in names
        for key, value in yaml.safe_load(getattr(ModuleDocFragment, name))["options"].items()
    }


def moved(options: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the options as they read elsewhere: what they say of each other gets a prefix."""
    other = re.compile(rf"O\((?=(?:{'|'.join(options)})\b)")

    def retold(content: Any) -> Any:
        if isinstance(content, dict):
            return {key: retold(value) for key, value in content.items()}
        if isinstance(content, list):
            return [retold(item) for item in content]
        return other.sub(f"O({prefix}", content) if isinstance(content, str) else content

    return {name: retold(option) for name, option in options.items()}


def hidden(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with C(no_log) where a destination's option list has it: a role has no other list."""
    declared = OPTIONS["export_registry"].argument_spec
    return {
        name: {**option, "no_log": True} if declared[name].get("no_log") else option for name, option in options.items()
    }


def passed_on(options: Mapping[str, Any], names: Iterable[str], prefix: str) -> dict[str, Any]:
    """Return options of a module under the names that the role has for them."""
    everything = moved(options, prefix)
    return {f"{prefix}{name}": everything[name] for name in names}


DESTINATION = fragment("DESTINATION", "METADATA")
LIST = {**fragment("DOCUMENTATION"), **documented("export_registries")["options"]}
CHECK = {**fragment("DOCUMENTATION"), **documented("export_registry_check")["options"]}
RESULTS = documented("export_registries", "RETURN")
#: What the role passes on: options of a module, and what it puts before their names.
ROLE_OPTIONS = {
    "options of export_registries": (
        LIST,
        ("namespace", "timeout", "prune", "prune_all", "prune_except"),
        "export_registries_",
    ),
    "namespace": (LIST, ("namespace",), "export_registries_"),
    "options of export_registry_check": (CHECK, ("fail_on", "timeout"), "export_registries_verify_"),
    "options of export_registry_check for the audit": (CHECK, ("timeout",), "export_registries_audit_"),
    "options of export_registries_report": (
        documented("export_registries_report")["options"],
        ("html", "json", "textfile", "previous"),
        "export_registries_audit_",
    ),
}
#: The generated parts, by name.
PARTS = {
    "options of a destination": dump({"suboptions": moved(DESTINATION, "destinations[].")}),
    # The role's variable is raw, so that a role says what the module says; no reference leads into what is not a list.
    "options of a destination for the role": dump({"options": hidden(moved(DESTINATION, "RAW."))}).replace(
        "O(RAW.", "C("
    ),
    **{name: dump(passed_on(*what)) for name, what in ROLE_OPTIONS.items()},
    "result of a destination": dump(
        {key: value for key, value in RESULTS["destinations"].items() if key != "description"}
    ),
    "results of a write": dump({key: value for key, value in RESULTS.items() if key != "destinations"}),
}


def defaults(specification: str) -> str:
    """Return what the role's variables are where nobody sets them, from its specification."""
    entries = yaml.safe_load(specification)["argument_specs"].values()
    given = {
        name: option["default"] for entry in entries for name, option in entry["options"].items() if "default" in option
    }
    return str(yaml.safe_dump(given, sort_keys=False, default_flow_style=None, width=100))


def codes() -> dict[str, tuple[Sentences, ...]]:
    """Return every problem code with its sentences, from the catalogues of all wings."""
    found: dict[str, tuple[Sentences, ...]] = {}
    for file in sorted((ROOT / "plugins/module_utils").glob("*/catalogue.py")):
        name = f"ansible_collections.epinio.registries.plugins.module_utils.{file.parent.name}.catalogue"
        for code, sentences in importlib.import_module(name).CATALOGUE.codes.items():
            found[code] = (*found.get(code, ()), *sentences)
    return found


def place(sentences: Iterable[Sentences]) -> str:
    """Return which legs and options a code belongs to, as a line of the page."""
    legs = dict.fromkeys(leg for said in sentences for leg in said.legs)
    options = dict.fromkeys(f"``{option}``" for said in sentences for option in said.options)
    listed = (("Leg", [leg for leg in ("list", "chart", "image") if leg in legs]), ("Option", list(options)))
    return " ".join(f"{what}{'s' * (len(names) > 1)}: {', '.join(names)}." for what, names in listed if names)


def with_places(page: str) -> str:
    """Return the page of problem codes with the legs and options of each code below its title."""
    known = codes()

    def written(section: re.Match[str]) -> str:
        below = place(known.get(section["code"], ()))
        return section["title"] + (f"{below}\n\n" if below else "") + section["meaning"]

    return SECTION.sub(written, page)


def table(page: str) -> str:
    """Return the table of problem codes: each with the first words of its section, and where it is found."""
    known = codes()
    rows = [("Code", "What it means", "Where")] + [
        (f"{section['code']}_", f"{section['meaning']}.", place(known.get(section["code"], ())))
        for section in SECTION.finditer(page)
    ]
    lines = [f"   * - {code}\n     - {meaning}\n     -{' ' * bool(where)}{where}\n" for code, meaning, where in rows]
    return f"\n.. list-table::\n   :header-rows: 1\n   :widths: 25 50 25\n\n{''.join(lines)}\n"


#: Ansible's markup in a description, with what is in it.
MARKUP = re.compile(r"\b[BCEIMOV]\(((?:[^)\\]|\\.)*)\)")
#: What a value of a type may be in the file; a template is text wherever it is.
TEMPLATE = {"type": "string", "pattern": "\\{\\{"}
TYPES: Mapping[str, Mapping[str, Any]] = {
    "str": {"type": "string"},
    "bool": {"anyOf": [{"type": "boolean"}, TEMPLATE]},
    "dict": {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, TEMPLATE]},
}
#: Texts are raw to Ansible, so that a number is refused; these two may be something else.
TEXTS: Mapping[str, Mapping[str, Any]] = {
    "registry_password": {"type": ["string", "object"]},
    "certificate": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}


def schema() -> str:
    """Return the JSON schema of a file with a list of destinations, for editors."""
    properties = {name: _property(name, option) for name, option in DESTINATION.items()}
    needed = ["name", "registry", "organization", "registry_username", "registry_password"]
    item = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": ["name"],
        "if": {"properties": {"state": {"const": "absent"}}, "required": ["state"]},
        "else": {"required": needed},
    }
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Export destination registries of Epinio",
        "$comment": "Generated from plugins/doc_fragments/_options.py by `make generate`.",
        "type": "object",
        "additionalProperties": False,
        "required": ["export_registries_destinations"],
        "properties": {
            "export_registries_destinations": {
                "description": "The destinations, a list. An empty list means that there is none.",
                "type": "array",
                "items": item,
            }
        },
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _property(name: str, option: Mapping[str, Any]) -> dict[str, Any]:
    sentences = " ".join(option["description"])
    described = {"description": MARKUP.sub(lambda match: f"`{match[1]}`", sentences).replace("\\", "")}
    if "choices" in option:
        return {**described, "enum": option["choices"], "default": option["default"]}
    kind = TEXTS.get(name, TYPES["str"]) if option["type"] == "raw" else TYPES[option["type"]]
    return {**described, **kind, **({"default": option["default"]} if "default" in option else {})}


def filled(file: Path, parts: Mapping[str, str]) -> str:
    """Return a file with its generated parts as they should be (KeyError: one has no source)."""
    return PART.sub(
        lambda part: part["begin"] + textwrap.indent(parts[part["name"]], part["indent"]) + part["end"],
        file.read_text(encoding="utf-8"),
    )


def generated() -> dict[Path, str]:
    """Return every file that has generated parts, as it should be."""
    files = {file: filled(file, PARTS) for file in (*sorted(MODULES.glob("*.py")), SPECIFICATION)}
    files[DEFAULTS] = filled(DEFAULTS, {"defaults": defaults(files[SPECIFICATION])})
    variables = pages.variables(yaml.safe_load(files[DEFAULTS]))
    for file, parts in {
        RST / "compatibility.rst": {"versions that are tested together": pages.versions()},
        RST / "playbooks.rst": {"playbooks": pages.playbooks(), "variables of the role": variables},
        ROOT / "README.md": {"guides": pages.guides()},
    }.items():
        files[file] = filled(file, parts)
    files[PAGE] = with_places(filled(PAGE, {"table of codes": table(PAGE.read_text(encoding="utf-8"))}))
    files[SCHEMA] = schema()
    return files


if __name__ == "__main__":
    for file, text in generated().items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
