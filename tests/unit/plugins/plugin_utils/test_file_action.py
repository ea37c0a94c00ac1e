# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a list, written on the controller: C(export_registries_file) in Ansible's worker."""

from __future__ import annotations

import json
import stat

import pytest
import yaml
from ansible.parsing import vault
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.plugin_utils import _file_action
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer

CA = builders.authority("CA")
STAGING, OTHER = ("staging", VaultSecret(b"made-up")), ("other", VaultSecret(b"made-up too"))


@pytest.fixture
def api():
    with ApiServer() as server:
        yield server


@pytest.fixture
def export(api, monkeypatch, tmp_path):
    """Return a function that runs the action of a task, with the vault secrets of a run."""

    def run(*, vaults=(STAGING,), check=False, connection="local", keywords=None, **args):
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        loader.set_vault_secrets([*vaults])
        task = Task.load({"action": {"module": "epinio.registries.export_registries_file"}}, loader=loader)
        task.args = {"host": api.url, "api_key": "t0ken", "dest": "vars/list.yml", **args}
        task.check_mode, task.diff = check, True
        context = PlayContext()
        transport = connection_loader.get("local", context, None)
        transport.transport = connection
        made = _file_action.ActionModule(task, transport, context, loader, Templar(loader=loader), None)
        result = made.run(task_vars={})
        assert "s3cret" not in json.dumps(result)
        assert api.writes() == []
        return result

    monkeypatch.delenv("K8S_AUTH_KUBECONFIG", raising=False)
    return run


@pytest.fixture
def file(tmp_path):
    return tmp_path / "vars/list.yml"


def loaded(file, *vaults):
    """Return what Ansible reads of a file with these vault secrets."""
    loader = DataLoader()
    loader.set_vault_secrets([*vaults])
    contexts = [*filter(None, [getattr(vault, "VaultSecretsContext", None)])]  # since ansible-core 2.19: opened later
    for context in contexts:
        context._current = context([*vaults])
    try:
        content = loader.load_from_file(str(file))
        return json.loads(json.dumps(content, default=str))["export_registries_destinations"]
    finally:
        for context in contexts:
            context._current = None


def store(api, *names, **options):
    for name in names:
        api.store(builders.destination_secret(name, **options))


def item(name, **options):
    made = builders.item(name, **options)
    return {key: value for key, value in made.items() if key not in ("state", "update_password")}


def test_check_do_check_again_do_again(export, api, file):
    store(api, "acme", "beta")
    first = export(check=True)
    assert (first["changed"], file.exists()) == (True, False)
    done = export()
    assert (done["changed"], done["destinations"], done["dest"]) == (True, ["acme", "beta"], str(file))
    assert (done["normalized"], done["left_out"]) == ([], [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert [export(check=True)["changed"], export()["changed"]] == [False, False]
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == ["list.yml"]


def test_ansible_reads_the_list_with_the_vault_password_alone(export, api, file):
    api.store(builders.certificate_secret("acme-certificate", CA, managed="destination-certificate"))
    store(api, "acme", data={"certs": builders.secret("x", {"certs": b"acme-certificate"})["data"]["certs"]})
    export()
    text = file.read_text()
    assert "s3cret" not in text
    assert text.startswith("---\n# Written by epinio.registries.export_registries_file")
    assert "    registry_password: !vault |\n      $ANSIBLE_VAULT;1.2;AES256;staging\n" in text
    assert loaded(file, STAGING) == [item("acme", certificate=CA)]
    with pytest.raises(Exception, match=r"(?i)decrypt|vault"):
        assert loaded(file, OTHER) == []


def test_a_diff_shows_what_changed_and_what_did_not_stays_as_it_was(export, api, file):
    store(api, "acme", "beta")
    export()
    before = file.read_text()
    store(api, "beta", config=builders.docker_config("registry.example.com", "robot", "n3w s3cret"))
    store(api, "gamma")
    result = export()
    kept = before.partition("  - name: beta")[0]
    assert file.read_text().startswith(kept)
    assert result["diff"]["before"].count("registry_password: (set)") == 2
    after = yaml.safe_load(result["diff"]["after"])["export_registries_destinations"]
    assert [(one["name"], one["registry_password"]) for one in after] == [
        ("acme", "(set)"),
        ("beta", "(changed)"),
        ("gamma", "(set)"),
    ]


def test_which_identity(export, api, file):
    store(api, "acme")
    export(vaults=(("default", STAGING[1]), OTHER))
    assert "$ANSIBLE_VAULT;1.1;AES256\n" in file.read_text()
    assert export(vaults=(("default", STAGING[1]), OTHER))["changed"] is False
    assert export(vaults=(("default", STAGING[1]), OTHER), vault_id="other")["changed"] is True
    assert "$ANSIBLE_VAULT;1.2;AES256;other\n" in file.read_text()
    assert loaded(file, OTHER) == [item("acme")]


def test_placeholders(export, api, file):
    for name in ("a.b", "a-b"):
        store(api, name)
    token = builders.docker_config("registry.example.com", "s3cret-t0ken", "s3cret-t0ken")
    store(api, "token", config=token)
    result = export(vaults=(), passwords="placeholder")
    assert result["variables"] == [
        "vault_a_b_password",
        "vault_a_b_password_2",
        "vault_token_username",
        "vault_token_password",
    ]
    assert [one["registry_password"] for one in yaml.safe_load(file.read_text())["export_registries_destinations"]] == [
        "{{ vault_a_b_password }}",
        "{{ vault_a_b_password_2 }}",
        "{{ vault_token_password }}",
    ]
    assert 'registry_password: "{{ vault_a_b_password }}"' in file.read_text()
    assert 'registry_username: "{{ vault_token_username }}"' in result["diff"]["after"]
    assert export(vaults=(), passwords="placeholder")["changed"] is False


def test_a_user_name_that_is_the_password_is_encrypted_too(export, api, file):
    store(api, "token", config=builders.docker_config("registry.example.com", "x-s3cret-t0ken", "s3cret-t0ken"))
    export()
    assert "s3cret" not in file.read_text()
    assert file.read_text().count("!vault |") == 2
    [one] = loaded(file, STAGING)
    assert (one["registry_username"], one["registry_password"]) == ("x-s3cret-t0ken", "s3cret-t0ken")


@pytest.mark.parametrize(
    "username",
    [
        pytest.param("robot{{ 7 * 7 }}", id="an expression of a template"),
        pytest.param("{% if %}", id="a statement of a template"),
        pytest.param("123", id="digits"),
        pytest.param("yes", id="a word for true"),
        pytest.param("1e3", id="a number with an exponent"),
        pytest.param("a # b", id="a comment"),
        pytest.param("- x", id="a list"),
        pytest.param("'\"\\", id="quotes and a backslash"),
        pytest.param("ü ñ", id="letters that are no ASCII"),
    ],
)
@pytest.mark.parametrize(
    "password",
    [
        pytest.param("s3cret{{ 7 * 7 }}", id="an expression in the password"),
        pytest.param("s3cret: # é", id="a colon and a comment in the password"),
        pytest.param(" ' \" \\ s3cret", id="quotes and a backslash in the password"),
    ],
)
def test_texts_arrive_as_they_are(export, api, file, username, password):
    store(api, "acme", config=builders.docker_config("registry.example.com", username, password.strip()))
    export()
    [one] = loaded(file, STAGING)
    assert (one["registry_username"], one["registry_password"]) == (username, password.strip())


def test_what_is_skipped_and_what_is_said_otherwise(export, api, file):
    several = {"auths": {host: {"auth": builders.auth("robot", "s3cret")} for host in ("a.io", "b.io")}}
    store(api, "several", config=several)
    store(api, "alone", config={"auths": {"ghcr.io": {"auth": builders.auth("robot", "s3cret")}}})
    store(api, "upper", config=builders.docker_config("Registry.example.com", "robot", "s3cret"))
    store(api, "scheme", labels={"epinio.io/api-export-registry": "yes"})
    store(api, "never", labels={"epinio.io/api-export-registry": "false"})
    result = export()
    assert result["destinations"] == ["alone", "upper"]
    assert [(one["name"], one["fields"], one["options"], one["problems"]) for one in result["normalized"]] == [
        ("alone", ["docker_config", "managed"], [], []),
        ("upper", ["registry", "managed"], ["registry"], []),
    ]
    assert {one["name"]: {problem["code"] for problem in one["problems"]} for one in result["left_out"]} == {
        "never": {"label_not_true"},
        "scheme": {"label_not_true"},
        "several": {"auths_several"},
    }
    repaired = export(include_unusable=True)
    assert repaired["destinations"] == ["alone", "scheme", "upper"]
    [scheme] = [one for one in repaired["normalized"] if one["name"] == "scheme"]
    assert (scheme["fields"], {one["code"] for one in scheme["problems"]}) == (
        ["export_label", "managed"],
        {"label_not_true"},
    )


def test_names(export, api, file):
    store(api, "acme", "beta")
    assert export(names=["beta"])["destinations"] == ["beta"]
    missing = export(names=["beta", "gamma"])
    assert missing["msg"] == (
        "Nothing was written: 1 problem.\n- gamma, names: There is no destination 'gamma' in the namespace 'epinio'. "
        "Check the name, or create it first."
    )


def test_an_empty_namespace_is_an_empty_list(export, api, file):
    assert export()["changed"] is True
    assert file.read_text().endswith("export_registries_destinations: []\n")
    assert export()["changed"] is False


def test_mode_and_backup(export, api, file):
    store(api, "acme")
    assert export(mode="0640")["changed"] is True
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert export(mode=0o640, backup=True)["changed"] is False
    before = file.read_bytes()
    changed = export(backup=True)
    assert (changed["changed"], "backup_file" in changed) == (True, False)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (before, 0o600)
    store(api, "beta")
    kept = export(backup=True)["backup_file"]
    assert (file.parent / kept).read_bytes() == before


def test_a_link_stays_one(export, api, file, tmp_path):
    store(api, "acme")
    file.parent.mkdir()
    (tmp_path / "elsewhere.yml").touch()
    file.symlink_to(tmp_path / "elsewhere.yml")
    export()
    assert file.is_symlink()
    assert loaded(tmp_path / "elsewhere.yml", STAGING) == [item("acme")]


WHOLE = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        pytest.param(
            None,
            {"vaults": ()},
            "- vault_id: This run has no vault password to encrypt with. Give it one, for instance with --vault-id "
            "staging@prompt or --vault-password-file FILE; or set passwords: placeholder.",
            id="no vault password",
        ),
        pytest.param(
            None,
            {"vault_id": "prod"},
            "- vault_id: This run has no vault identity 'prod'. Give it with --vault-id prod@prompt, or use one of "
            "those that there are: staging.",
            id="another identity",
        ),
        pytest.param(
            "a: 1\nexport_registries_destinations: []\n",
            {},
            "- dest: {file} holds other variables too, which would be lost: a. Name a file of its own in dest; Ansible "
            "loads every file of group_vars/GROUP/ and host_vars/HOST/.",
            id="other variables",
        ),
        pytest.param("- a\n", {}, "- dest: {file} exists, and does not hold a list of destinations. Name", id="a list"),
        pytest.param("export_registries_destinations: 5", {}, "does not hold a list of destinations.", id="a number"),
        pytest.param("a: [s3cret", {}, "- dest: {file} exists, and is not YAML. Name a file of its own", id="no YAML"),
        pytest.param("a: !other s3cret", {}, "is not YAML", id="an unknown tag"),
        pytest.param(
            WHOLE,
            {},
            "- dest: {file} is encrypted as a whole, so a diff cannot show what changes in it. Decrypt it (",
            id="encrypted as a whole",
        ),
        pytest.param(
            None,
            {"mode": "u=rw"},
            "- mode: It is not the mode of a file that its owner can read and write. Use four digits in quotes",
            id="a mode in letters",
        ),
        pytest.param(None, {"mode": 600}, "- mode: It is not the mode of a file", id="a mode without quotes"),
        pytest.param(
            None, {"mode": "0044"}, "- mode: It is not the mode of a file", id="a mode that hides it from its owner"
        ),
        pytest.param(
            None,
            {"connection": "ssh"},
            "export_registries_file writes on the machine that runs Ansible, which has its vault passwords, and not "
            "with connection: ssh. Give the task connection: local, or delegate_to: localhost.",
            id="another connection",
        ),
        pytest.param(None, {"passwords": "clear"}, "passwords: It does not take this value.", id="another choice"),
    ],
)
def test_what_is_refused_before_anything_is_read(export, api, file, content, options, said):
    if content is not None:
        file.parent.mkdir()
        file.write_text(content)
    result = export(**options)
    assert result["failed"]
    assert said.format(file=file) in result["msg"]
    assert api.requests == []
    assert file.exists() == (content is not None)
    assert content is None or file.read_text() == content


def test_all_of_it_at_once(export, api, file):
    file.parent.mkdir()
    file.write_text(WHOLE)
    result = export(vaults=(), mode="x")
    assert [problem["code"] for problem in result["problems"]] == ["mode_invalid", "vault_missing", "file_foreign"]


def test_a_value_that_the_run_cannot_decrypt(export, api, file):
    store(api, "acme")
    export(vaults=(OTHER,))
    before = file.read_text()
    result = export(vault_id="staging")
    assert result["changed"] is True  # another identity: encrypted anew
    file.write_text(before.replace(";other", ";staging"))
    refused = export()
    assert refused["msg"] == (
        f"Nothing was written: 1 problem.\n- dest: A value in {file} cannot be decrypted with the vault passwords of "
        "this run. Give the password that it was encrypted with, too (--vault-id); or remove the file, and run again."
    )


WARNING = (
    "dest: {file} was edited since the last run. What is only in it gets lost, such as comments and options. "
    "Look with --check --diff before, and keep the file in Git or with backup: true."
)


@pytest.mark.parametrize(
    "passwords", [pytest.param("vault", id="vaulted passwords"), pytest.param("placeholder", id="placeholders")]
)
@pytest.mark.parametrize(
    ("edit", "warned"),
    [
        pytest.param(lambda text: text, False, id="nothing"),
        pytest.param(lambda text: text.replace("  - name: acme", "  # ours\n  - name: acme"), True, id="a comment"),
        pytest.param(lambda text: f"{text}    labels:\n      team: x\n", True, id="an option of its own"),
        pytest.param(lambda text: text.replace("---\n", ""), True, id="its form"),
    ],
)
def test_what_stands_in_the_file_alone_does_not_go_unsaid(export, api, file, edit, warned, passwords):
    api.store(builders.certificate_secret("acme-certificate", CA, managed="destination-certificate"))
    certs = builders.secret("x", {"certs": b"acme-certificate"})["data"]["certs"]
    store(api, "acme", data={"certs": certs}, config=builders.docker_config("a.example.com", "{{ x }}", "s3cret"))
    export(passwords=passwords)
    file.write_text(edit(file.read_text()))
    store(api, "beta")
    for check in (True, False):
        assert export(passwords=passwords, check=check).get("warnings", []) == [WARNING.format(file=file)] * warned
    assert export(passwords=passwords)["changed"] is False


def test_a_password_in_clear_is_encrypted_and_not_shown(export, api, file):
    store(api, "acme")
    export()
    content = {"export_registries_destinations": [item("acme", registry_username="xs3cretx")]}
    unsafe = "export_registries_destinations: [{name: acme, registry_password: !unsafe '{{ s3cret }}'}]"
    for text in (yaml.safe_dump(content), unsafe):
        file.write_text(text)
        result = export()
        assert result["changed"] is True
        assert "s3cret" not in file.read_text()


def test_a_missing_library(export, api, monkeypatch):
    monkeypatch.setattr(libraries, "IMPORT_ERROR", "Traceback")
    assert "The Python library kubernetes is missing" in export()["msg"]


def test_a_place_that_cannot_be_written(export, api, file, tmp_path):
    (tmp_path / "vars").write_text("")
    assert export()["msg"].endswith("vars/list.yml cannot be written: File exists.")
    assert export(dest=".")["msg"] == ". cannot be written: Is a directory."
