# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for the repository as a whole, whatever modules it has."""

from __future__ import annotations

import ast
import graphlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COLLECTION = "epinio.registries"
PLUGINS = "ansible_collections.epinio.registries.plugins"

#: The picture of the wings: each imports only from the wings that stand behind it here.
WINGS = {
    "fronts": ("_runs", "_audit", "_cluster", "_desired", "_proof", "_reading", "ground"),
    "_runs": ("_cluster", "_desired", "_proof", "_reading", "ground"),
    "_cluster": ("_desired", "_proof", "_reading", "ground"),
    "_desired": ("_reading", "ground"),
    "_proof": ("_reading", "ground"),
    "_reading": ("ground",),
    "_audit": ("ground",),
    "ground": (),
}
GROUND = {"module_utils._problems", "module_utils._masking", "module_utils._moments"}
#: They know neither Ansible nor Kubernetes nor the network.
PURE = {"_desired", "_reading", "_audit", "ground"}
#: The only places that may know these libraries: wings, or rooms.
LIBRARIES = {
    "kubernetes": {"_cluster"},
    "urllib3": {"_cluster"},
    "ansible_collections.kubernetes": {"_cluster", "module_utils._options"},
    "cryptography": set(),  # certificates are read as Go reads them, and nobody has to install it
}


def tracked() -> list[Path]:
    """Return every file that is committed, or would be."""
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def stems(folder: str) -> list[str]:
    return sorted(file.stem for file in (ROOT / folder).glob("*.py") if file.stem != "__init__")


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


MODULES = stems("plugins/modules")
#: They ask no cluster: they have no options of a connection, and stand outside the action group.
ON_THE_CONTROLLER = {"export_registries_report"}


@pytest.fixture(scope="module")
def documentation() -> dict[str, Any]:
    """Every module's documentation, its fragments included."""
    names = [f"{COLLECTION}.{name}" for name in MODULES]
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", *names]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def test_there_are_modules() -> None:
    assert MODULES


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_tested(name: str) -> None:
    assert list((ROOT / "tests/unit").rglob(f"test_{name}.py"))
    # In a collection, a role of the same name hides a target.
    target = f"module_{name}" if (ROOT / "roles" / name).is_dir() else name
    assert (ROOT / "tests/integration/targets" / target / "tasks/main.yml").is_file()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_documents_its_attributes(name: str, documentation: dict[str, Any]) -> None:
    attributes = documentation[f"{COLLECTION}.{name}"]["doc"]["attributes"]
    assert {"action_group", "check_mode", "diff_mode"} <= set(attributes)
    assert all(attribute["support"] in {"full", "partial", "none", "N/A"} for attribute in attributes.values())
    assert (name in ON_THE_CONTROLLER) != (f"{COLLECTION}.all" in attributes["action_group"].get("membership", ()))


def test_the_action_group_holds_every_module_that_asks_a_cluster() -> None:
    [extension, *members] = load("meta/runtime.yml")["action_groups"]["all"]
    assert extension == {"metadata": {"extend_group": ["kubernetes.core.k8s"]}}
    assert sorted(members) == sorted(set(MODULES) - ON_THE_CONTROLLER)


def test_every_module_has_its_way_in_through_the_worker() -> None:
    assert stems("plugins/action") == MODULES


def rooms() -> dict[str, Path]:
    """Return every file of plugins/ by its dotted name."""
    files = sorted((ROOT / "plugins").rglob("*.py"))
    return {".".join(file.relative_to(ROOT / "plugins").with_suffix("").parts): file for file in files}


def wing(room: str) -> str:
    """Return the wing of a room: a folder of module_utils, the ground, or the fronts above them all."""
    first, *rest = room.split(".")
    if first == "module_utils" and len(rest) > 1:
        return rest[0]
    return "ground" if room in GROUND else "fronts"


def imports(file: Path) -> Iterator[str]:
    """Yield every name that a file imports, with the package it comes from, wherever in the file that is."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: plugins/ imports by full names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_rooms(file: Path) -> set[str]:
    """Return the rooms that a file imports from, whole or by name."""
    known = rooms()
    inner = [name[len(PLUGINS) + 1 :] for name in imports(file) if name.startswith(PLUGINS + ".")]
    found = {name if name in known else name.rpartition(".")[0] for name in inner}
    assert found <= known.keys()
    return found


@pytest.mark.parametrize(("room", "file"), rooms().items(), ids=list(rooms()))
def test_a_wing_imports_only_wings_below_it(room: str, file: Path) -> None:
    own = wing(room)
    assert {wing(other) for other in imported_rooms(file)} - {own} <= set(WINGS[own])


@pytest.mark.parametrize("name", WINGS)
def test_arrows_within_a_wing_make_no_circle(name: str) -> None:
    inside = {room: imported_rooms(file) for room, file in rooms().items() if wing(room) == name}
    assert inside
    list(graphlib.TopologicalSorter({room: others & inside.keys() for room, others in inside.items()}).static_order())


@pytest.mark.parametrize(("room", "file"), rooms().items(), ids=list(rooms()))
def test_libraries_stay_in_their_rooms(room: str, file: Path) -> None:
    names = [f"{name}." for name in imports(file)]
    for library, allowed in LIBRARIES.items():
        assert {room, wing(room)} & allowed or not any(name.startswith(f"{library}.") for name in names)
    if wing(room) in PURE:
        assert not [name for name in names if name.startswith("ansible.")]


@pytest.mark.parametrize(("room", "file"), rooms().items(), ids=list(rooms()))
def test_one_place_ends_a_module(room: str, file: Path) -> None:
    attributes = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
    assert room == "module_utils._module" or not attributes & {"exit_json", "fail_json"}


def test_no_line_names_a_path_of_a_machine() -> None:
    own = "|".join(re.escape(f"{folder}/") for folder in (ROOT, Path.home()) if folder != Path("/"))
    path = re.compile(rf"(?<![\w.$}}-])(?:/(?:root|work|home/\w+|Users/\w+)/|{own})")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if path.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("role", sorted(folder.name for folder in ROOT.glob("roles/*/")))
def test_role_defaults_are_those_of_its_specification(role: str) -> None:
    specification = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    specified: dict[str, Any] = {}
    for entry_point in specification.values():
        for name, option in entry_point["options"].items():
            assert name.startswith(f"{role}_")
            if "default" in option:
                assert specified.setdefault(name, option["default"]) == option["default"]
    assert load(f"roles/{role}/defaults/main.yml") == specified


def test_the_oldest_versions_that_we_promise_are_those_that_we_test() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    oldest = re.search(r'OLDEST = Stack\("[\d.]+", "([\d.]+)", lowest=True\)', noxfile)
    kubernetes_core = re.search(r'return "([\d.]+)" if self.lowest', noxfile)
    assert oldest
    assert kubernetes_core
    assert load("meta/runtime.yml")["requires_ansible"] == f">={oldest[1]}.0"
    assert load("galaxy.yml")["dependencies"] == {"kubernetes.core": f">={kubernetes_core[1]}"}


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "plugins/doc_fragments/_options.py",
        "plugins/module_utils/_cluster/sentences.py",
        "docs/docsite/rst/compatibility.rst",
        "docs/docsite/rst/getting_started_guide.rst",
        "docs/docsite/rst/troubleshooting_guide.rst",
    ],
)
def test_documents_name_the_lowest_client_that_we_allow(name: str) -> None:
    allowed = re.search(r"(?m)^kubernetes>=([\d.]+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert allowed
    named = re.findall(r"kubernetes(?: ?>= ?|`` \()([\d.]*\d)", (ROOT / name).read_text(encoding="utf-8"))
    assert set(named) == {allowed[1]}


#: Rows of a table that say by themselves what they show: plain words and paths, numbers, yes and no.
EVIDENT = re.compile(r"'[A-Za-z][\w ./-]*\w'|\d+|True|False")


def row_names(table: ast.expr) -> Iterator[str]:
    """Yield the name of each row of a table, or nothing for a row that has none."""
    made = (ast.ListComp, ast.GeneratorExp)
    for row in getattr(table, "elts", [table] if isinstance(table, made) else []):
        while isinstance(row, (ast.Starred, *made)):
            row = row.value if isinstance(row, ast.Starred) else row.elt
        named = [ast.unparse(keyword.value) for keyword in getattr(row, "keywords", []) if keyword.arg == "id"]
        text = ast.unparse(row)
        yield named[0] if named else text if EVIDENT.fullmatch(text) else ""


def badly_named(source: str) -> list[int]:
    """Return the lines of the tables with a row that has no name of its own; a table may stand in a variable."""
    tree = ast.parse(source)
    variables = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize":
            rows = list(row_names(variables.get(ast.unparse(node.args[1]), node.args[1])))
            if not any(keyword.arg == "ids" for keyword in node.keywords) and len({*rows} - {""}) < len(rows):
                found.append(node.lineno)
    return found


def test_every_row_of_a_table_has_a_name_that_says_what_it_shows() -> None:
    files = [file for file in tracked() if file.suffix == ".py" and file.is_relative_to(ROOT / "tests")]
    assert len(files) > 100
    found = {file: badly_named(file.read_text(encoding="utf-8")) for file in files}
    assert [f"{file.relative_to(ROOT)}:{line}" for file, lines in found.items() for line in lines] == []


@pytest.mark.parametrize(
    ("table", "found"),
    [
        pytest.param("['docker.io', 'two words', 'a/b', 403, True]", [], id="evident rows"),
        pytest.param("['']", [2], id="an empty row"),
        pytest.param("['{']", [2], id="an odd row"),
        pytest.param("[('a b', 1)]", [2], id="a row of two"),
        pytest.param("[pytest.param('', id='nothing'), ('a b', 1)]", [2], id="a row without a name behind one with"),
        pytest.param("[pytest.param('', id='one'), pytest.param(' ', id='one')]", [2], id="one name for two rows"),
        pytest.param("[*(pytest.param(one, id=one) for one in MANY)]", [], id="names that are made"),
        pytest.param("[*(one for one in MANY)]", [2], id="made, and not named"),
        pytest.param("[(one, 1) for one in MANY]", [2], id="all made, and not named"),
        pytest.param("ROWS", [2], id="a table in a variable"),
        pytest.param("ROWS, ids=repr", [], id="names beside the table"),
    ],
)
def test_a_row_without_a_name_is_noticed(table: str, found: list[int]) -> None:
    assert badly_named(f"ROWS = [None]\npytest.mark.parametrize('row', {table})") == found
