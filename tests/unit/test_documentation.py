# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that holds: every example is accepted, every code is explained, every command is there."""

from __future__ import annotations

import ast
import dataclasses
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.epinio.registries.docs import generate
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._problems import Sentences
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import VERDICTS
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
from jinja2 import Environment

ROOT = Path(__file__).parents[2]
COLLECTION = "epinio.registries."
ROLE = "export_registries"
GUIDES = ROOT / "docs/docsite/rst"
CODES_PAGE = GUIDES / "problem_codes.rst"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(GUIDES.glob("*.rst")), *sorted((ROOT / "docs/architecture").glob("*.md"))]
MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))
LOOKUPS = sorted((ROOT / "plugins/lookup").glob("*.py"))
FILTERS = sorted((ROOT / "plugins/filter").glob("*.py"))
#: What a playbook of the collection takes beside the role's variables.
PLAYBOOK_VARIABLES = {
    *("export_registries_connection", "export_registries_hosts"),
    *(f"export_registries_onboard_{name}" for name in ("dest", "passwords", "vault_id", "include_unusable")),
}


@dataclasses.dataclass(frozen=True)
class Block:
    """One example: where it begins, in which language it is, its text, and the page around it."""

    file: Path
    line: int
    language: str
    text: str
    page: str = dataclasses.field(repr=False)

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yield the examples of all pages and of the modules."""
    for file in PAGES:
        page = file.read_text(encoding="utf-8")
        pattern = _RST if file.suffix == ".rst" else _MARKDOWN
        for match in pattern.finditer(page):
            line = page.count("\n", 0, match.start()) + 1
            yield Block(file, line, match["language"], textwrap.dedent(match["text"]), page)
    for file in (*MODULES, *LOOKUPS):
        source = file.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
                yield Block(file, node.lineno, "yaml", ast.literal_eval(node.value), source)


_RST = re.compile(r"^(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n(?P<text>(?:\n|(?P=indent) +\S.*\n)+)", re.M)
_MARKDOWN = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)

BLOCKS = list(blocks())
GENERATED = generate.generated()
YAML = [block for block in BLOCKS if block.language.startswith("yaml")]


class Loader(yaml.SafeLoader):
    """Also takes Ansible's own tags, such as C(!vault)."""


class Unsafe(str):
    """What Ansible does not read as a template."""


Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))
Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


@cache
def content(block: Block) -> Any:
    documents = list(yaml.load_all(block.text, Loader))
    return documents[0] if len(documents) == 1 else documents


def walk(value: Any) -> Iterator[Any]:
    """Yield a value and everything in it."""
    yield value
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def mappings(block: Block) -> Iterator[Mapping[str, Any]]:
    yield from (value for value in walk(content(block)) if isinstance(value, Mapping))


def is_template(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Unsafe) and "{{" in value


STAND_INS: Mapping[str, Any] = {"bool": True, "dict": {}, "float": 1.0, "int": 1, "list": []}


def without_templates(value: Any, options: Mapping[str, Any]) -> Any:
    """Return arguments with a value of the right type for each that only a run knows."""
    given = {}
    for name, inner in value.items():
        option = options.get(name, {})
        if is_template(inner):
            given[name] = STAND_INS.get(option.get("type", "str"), "templated")
        elif "options" in option and isinstance(inner, list):
            given[name] = [without_templates(item, option["options"]) for item in inner]
        else:
            given[name] = inner
    return given


def errors(arguments: Mapping[str, Any], specification: Mapping[str, Any]) -> list[str]:
    valid = ArgumentSpecValidator(specification).validate(without_templates(arguments, specification))
    return list(valid.error_messages)


#: What the whole action group takes: kubernetes.core's options of the connection, and the namespace.
CONNECTION = {*AUTH_ARG_SPEC, "namespace"}
DESTINATION = OPTIONS["export_registry"].argument_spec
SPECIFICATION = yaml.safe_load((ROOT / f"roles/{ROLE}/meta/argument_specs.yml").read_text())["argument_specs"]
ROLE_OPTIONS = {name: option for entry in SPECIFICATION.values() for name, option in entry["options"].items()}


def test_there_are_examples() -> None:
    assert {block.file.name for block in YAML} >= {"README.md", "getting_started_guide.rst", "export_registries.py"}


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_template_can_be_parsed(block: Block) -> None:
    for value in walk(content(block)):
        if is_template(value):
            Environment(autoescape=True).parse(value)


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_task_has_valid_arguments(block: Block) -> None:
    for mapping in mappings(block):
        for name, arguments in mapping.items():
            if name.startswith(COLLECTION):
                options = OPTIONS[name[len(COLLECTION) :]]
                assert errors(arguments or {}, options.argument_spec) == []
        for group, defaults in mapping.get("module_defaults", {}).items():
            assert group == f"group/{COLLECTION}all"
            assert set(defaults) <= CONNECTION


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_role_variable_is_one(block: Block) -> None:
    for mapping in mappings(block):
        role = mapping.get("role", "")
        assert not role.startswith(COLLECTION) or role == f"{COLLECTION}{ROLE}"
        given = {name: value for name, value in mapping.items() if name.startswith(f"{ROLE}_")}
        assert set(given) <= {*ROLE_OPTIONS, *PLAYBOOK_VARIABLES}
        specification = {name: ROLE_OPTIONS[name] for name in given if name in ROLE_OPTIONS}
        assert errors({name: given[name] for name in specification}, specification) == []
        connection = given.get("export_registries_connection", {})
        assert is_template(connection) or set(connection) <= CONNECTION


def destination_lists(block: Block) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the lists of destinations, wherever they stand in an example."""
    for value in walk(content(block)):
        if isinstance(value, list) and value and all(isinstance(item, Mapping) and "name" in item for item in value):
            if any("registry" in item for item in value):
                yield value
        elif isinstance(value, Mapping) and f"{COLLECTION}export_registry" in value:
            yield [value[f"{COLLECTION}export_registry"]]


def filled(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an item as templating would make it, with a certificate where one is looked up."""
    from ansible_collections.epinio.registries.tests.support import builders

    bundle = builders.authority("Example") if is_template(item.get("certificate")) else item.get("certificate")
    stand_in = {"registry": "registry.example.com"}
    values = {name: stand_in.get(name, "templated") if is_template(value) else value for name, value in item.items()}
    return values if bundle is None else {**values, "certificate": bundle}


IN_STORE = {"registry_username": "robot", "registry_password": "made-up"}


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_destination_is_accepted_or_its_refusal_is_shown(block: Block) -> None:
    for items in destination_lists(block):
        assert [message for item in items for message in errors(item, DESTINATION)] == []
        # A list without any password is one for External Secrets: a store has the rest.
        stored = {} if any("registry_password" in item for item in items) else IN_STORE
        parsed = destination.parse_destinations([{**stored, **filled(item)} for item in items], many=True)
        for problem in parsed.problems:
            assert str(problem) in block.page


def commands() -> Iterator[tuple[str, str]]:
    """Yield (place, command) of every line that a reader is to type."""
    for block in BLOCKS:
        if block.language in {"console", "shell"}:
            for line in block.text.splitlines():
                if line.startswith("$ "):
                    yield str(block), line[2:]


COMMANDS = list(commands())


@pytest.mark.parametrize(("place", "command"), COMMANDS, ids=[f"{place}-{command}" for place, command in COMMANDS])
def test_every_command_finds_what_it_names(place: str, command: str) -> None:
    words = command.split()
    if words[0] == "make":
        goals = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        assert words[1] in goals, place
    for playbook in (word for word in words if words[0] == "ansible-playbook" and word.startswith(COLLECTION)):
        assert (ROOT / f"playbooks/{playbook[len(COLLECTION) :]}.yml").is_file(), place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_playbook_and_module_that_is_named_exists(page: Path) -> None:
    known = {f"playbooks/{file.stem}" for file in (ROOT / "playbooks").glob("*.yml")}
    known |= {f"plugins/{file.stem}" for file in ROOT.glob("plugins/[a-z]*/[a-z]*.py")} | {f"roles/{ROLE}"}
    names = re.findall(r"\bepinio\.registries\.([a-z_]+)\b(?!\.|:)", page.read_text(encoding="utf-8"))
    stems = {Path(path).name for path in known} | {"all", "docsite"}
    assert [name for name in names if name not in stems] == []


# Codes


CODES = generate.codes()


def sections() -> dict[str, str]:
    """Return the sections of the page of problem codes, by code."""
    parts = re.split(r"^([a-z0-9_]+)\n~+\n", CODES_PAGE.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def test_every_code_is_explained_and_no_other() -> None:
    assert set(sections()) == set(CODES)


def without_fields(text: str) -> str:
    """Return a sentence without what differs: its fields in a catalogue, what stands for them on a page."""
    return re.sub(r"\{[^}]*\}|\b(?:NAME|SUBJECT)\b", "*", text)


WARNINGS = [(code, begin) for code, text in sections().items() for begin in re.findall(r"``([A-Z][^`]*?) ?…``", text)]


@pytest.mark.parametrize(("code", "begin"), WARNINGS, ids=[code for code, _begin in WARNINGS])
def test_a_warning_is_quoted_as_it_begins(code: str, begin: str) -> None:
    messages = [without_fields(said.message) for said in CODES[code]]
    assert any(message.startswith(without_fields(begin)) for message in messages)


def test_every_deliberate_refusal_names_its_code() -> None:
    table = CODES_PAGE.read_text(encoding="utf-8").partition("Deliberate refusals\n---")[2]
    named = re.findall(r"^     - ([a-z0-9_]+)$", table, re.M)
    assert named
    assert set(named) <= set(CODES)


@pytest.mark.parametrize("page", [page for page in PAGES if page != CODES_PAGE], ids=lambda page: page.name)
def test_no_page_names_a_code_that_does_not_exist(page: Path) -> None:
    words = set(re.findall(r"``([a-z]+(?:_[a-z]+)+)``|`([a-z]+(?:_[a-z]+)+)`", page.read_text(encoding="utf-8")))
    alike = {word for pair in words for word in pair if word.partition("_")[0] in PREFIXES}
    known = set(CODES) | {name for options in OPTIONS.values() for name in options.argument_spec} | set(DESTINATION)
    known |= {name for lookup in LOOKUPS for name in generate.documented(lookup.stem, folder="lookup")["options"]}
    known |= {file.stem for file in FILTERS} | {"not_before", "not_after"}  # the last two are of a certificate
    assert sorted(alike - known) == []


#: What codes begin with; other words in this form that begin so are options.
PREFIXES = {code.partition("_")[0] for code in CODES}


# What is generated


@pytest.mark.parametrize("file", GENERATED, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_generated_is_up_to_date(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == GENERATED[file], "run `make generate`"


def test_a_part_is_replaced_between_its_comments(tmp_path: Path) -> None:
    file = tmp_path / "options.yml"
    file.write_text("a: 1\n  # generated: b. Change c.\n  stale: 2\n  # end of what is generated\nd: 3\n")
    assert generate.filled(file, {"b": "b:\n  e: 4\n"}) == (
        "a: 1\n  # generated: b. Change c.\n  b:\n    e: 4\n  # end of what is generated\nd: 3\n"
    )


def test_a_part_without_a_source_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "page.rst"
    file.write_text(".. generated: b. Change c.\n.. end of what is generated\n")
    with pytest.raises(KeyError, match="b"):
        generate.filled(file, {})


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        pytest.param("Without O(state).", "Without O(list[].state).", id="another option of the same list"),
        pytest.param("O(state=absent)", "O(list[].state=absent)", id="a value of it"),
        pytest.param("O(states), O(a.b.c#module:state)", "O(states), O(a.b.c#module:state)", id="options of others"),
        pytest.param("C(state), V(state)", "C(state), V(state)", id="code and values"),
    ],
)
def test_what_an_option_says_of_others_moves_with_it(text: str, elsewhere: str) -> None:
    moved = generate.moved({"state": {"description": [text], "required": True, "type": "str"}}, "list[].")
    assert moved == {"state": {"description": [elsewhere], "required": True, "type": "str"}}


@pytest.mark.parametrize(
    ("sentences", "line"),
    [
        pytest.param([Sentences("", "", legs=("image",))], "Leg: image.", id="one leg"),
        pytest.param([Sentences("", "", legs=("image", "list"))], "Legs: list, image.", id="legs in the usual order"),
        pytest.param([Sentences("", "", options=("b",))], "Option: ``b``.", id="one option"),
        pytest.param(
            [Sentences("", "", options=("b", "a")), Sentences("", "", options=("a", "c"))],
            "Options: ``b``, ``a``, ``c``.",
            id="the options of all its sentences, each once",
        ),
        pytest.param(
            [Sentences("", "", legs=("chart",)), Sentences("", "", options=("a",))],
            "Leg: chart. Option: ``a``.",
            id="a leg and an option",
        ),
    ],
)
def test_where_a_problem_is_found(sentences: list[Sentences], line: str) -> None:
    assert generate.place(sentences) == line


def test_verdicts_are_those_that_are_documented() -> None:
    results = generate.documented("export_registry_check", "RETURN")["destinations"]["contains"]
    assert results["verdict"]["choices"] == list(VERDICTS)


# What else must agree


def test_the_roles_are_those_of_the_files() -> None:
    page = GUIDES / "rbac_guide.rst"
    shown = [list(yaml.safe_load_all(block.text)) for block in YAML if block.file == page and "\nkind:" in block.text]
    files = [list(yaml.safe_load_all(file.read_text())) for file in sorted((ROOT / "docs/rbac").glob("*.yml"))]
    assert sorted(shown, key=str) == sorted(files, key=str)


def test_every_guide_has_its_place_in_the_index() -> None:
    index = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))
    listed = [name for section in index["sections"] for name in section["toctree"]]
    assert sorted(listed) == sorted(file.stem for file in GUIDES.glob("*.rst"))


def test_the_picture_of_the_wings_names_every_room() -> None:
    page = (ROOT / "docs/architecture/README.md").read_text(encoding="utf-8")
    files = (ROOT / "plugins/module_utils").rglob("*.py")
    rooms = {file.name for file in files} - {"catalogue.py"}
    assert set(re.findall(r"^\| .*?\| `(\w+\.py)` \|", page, re.M)) == rooms


def test_the_release_notes_name_every_playbook() -> None:
    """antsibull-changelog finds modules, plugins and roles by itself, but no playbooks."""
    objects: list[Mapping[str, Any]] = []
    for file in (ROOT / "changelogs/fragments").glob("*.yml"):
        objects += yaml.safe_load(file.read_text(encoding="utf-8")).get("add object.playbook", ())
    changelog = ROOT / "changelogs/changelog.yaml"
    if changelog.is_file():  # from the first release on
        for release in yaml.safe_load(changelog.read_text(encoding="utf-8"))["releases"].values():
            objects += release.get("objects", {}).get("playbook", ())
    plays = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / "playbooks").glob("*.yml")}
    assert {one["name"]: one["description"] for one in objects} == {
        name: found[0]["name"] for name, found in plays.items()
    }
