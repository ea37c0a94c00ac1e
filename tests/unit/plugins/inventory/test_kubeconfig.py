# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar

PLUGIN = "epinio.registries.kubeconfig"
TOKEN = "canary-9f86d081884c7d659a2feaa0c55ad015"
VAULT = [("default", VaultSecret(b"made-up"))]


def kubeconfig(*names):
    return yaml.safe_dump(
        {
            "clusters": [{"name": f"{name}-c", "cluster": {"server": f"https://{name}:6443"}} for name in names],
            "users": [{"name": f"{name}-u", "user": {"token": TOKEN}} for name in names],
            "contexts": [{"name": name, "context": {"cluster": f"{name}-c", "user": f"{name}-u"}} for name in names],
        }
    )


@pytest.fixture
def inventory(tmp_path, monkeypatch):
    """Return a function that reads an inventory file with these settings."""
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def read(**settings):
        file = tmp_path / "fleet.kubeconfig.yml"
        file.write_text(yaml.safe_dump({"plugin": PLUGIN, **settings}))
        loader, data = DataLoader(), InventoryData()
        loader.set_vault_secrets(VAULT)
        plugin = inventory_loader.get(PLUGIN)
        assert plugin.verify_file(str(file))
        plugin.parse(data, loader, str(file))
        return data

    return read


def variables(data, host):
    """Return the variables of a host as a task sees them."""
    given = {name: one for name, one in data.get_host(host).vars.items() if not name.startswith("inventory_")}
    return Templar(DataLoader(), variables={"ansible_playbook_python": "/python", **given}).template(given)


def groups(data, host):
    return (
        sorted(group.name for group in data.get_host(host).get_groups()) if data.reconcile_inventory() is None else []
    )


def test_each_context_is_a_host(inventory, tmp_path):
    (tmp_path / "config").write_text(kubeconfig("prod", "stag"))
    data = inventory(kubeconfig="config", namespace="epinio-system")
    assert sorted(data.hosts) == ["prod", "stag"]
    assert variables(data, "prod") == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "/python",
        "export_registries_connection": {"context": "prod", "kubeconfig": str(tmp_path / "config")},
        "export_registries_namespace": "epinio-system",
    }
    everything = str([one.get_vars() for one in data.hosts.values()])
    assert TOKEN not in everything
    assert "prod-u" not in everything


@pytest.mark.parametrize("variable", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG"])
def test_a_path_of_the_environment_stays_there(inventory, tmp_path, monkeypatch, variable):
    (tmp_path / "config").write_text(kubeconfig("prod"))
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    monkeypatch.setenv(variable, os.pathsep.join(["/missing", str(tmp_path / "config")]))
    assert variables(inventory(), "prod")["export_registries_connection"] == {"context": "prod"}


def test_an_option_counts_before_the_environment(inventory, tmp_path, monkeypatch):
    (tmp_path / "config").write_text(kubeconfig("prod"))
    (tmp_path / "other").write_text(kubeconfig("other"))
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", str(tmp_path / "other"))
    assert list(inventory(kubeconfig=["config"]).hosts) == ["prod"]


def test_the_default_place(inventory, tmp_path, monkeypatch):
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", "")
    (tmp_path / "home/.kube").mkdir(parents=True)
    (tmp_path / "home/.kube/config").write_text(kubeconfig("prod"))
    connection = variables(inventory(), "prod")["export_registries_connection"]
    assert connection == {"context": "prod", "kubeconfig": str(tmp_path / "home/.kube/config")}


def test_a_vaulted_file(inventory, tmp_path):
    (tmp_path / "config").write_bytes(VaultLib(VAULT).encrypt(kubeconfig("prod").encode()))
    assert list(inventory(kubeconfig="config").hosts) == ["prod"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(
            {"namespace": 10}, "namespace has a number, where text is wanted. Put it in quotes.", id="namespace"
        ),
        pytest.param({"contexts": [True]}, "contexts has a boolean, where text is wanted.", id="contexts"),
        pytest.param({"exclude": [0.5]}, "exclude has a number, where text is wanted.", id="exclude"),
    ],
)
def test_what_yaml_made_no_text_of_is_refused(inventory, tmp_path, settings, said):
    (tmp_path / "config").write_text(kubeconfig("prod"))
    with pytest.raises(AnsibleParserError) as refused:
        inventory(kubeconfig="config", **settings)
    assert f"- {said}" in str(refused.value)


def test_groups_by_what_the_kubeconfig_says(inventory, tmp_path):
    (tmp_path / "config").write_text(kubeconfig("prod", "stag"))
    data = inventory(
        kubeconfig="config",
        compose={"region": "context ~ '-region'"},
        groups={"critical": "context == 'prod' and user == 'prod-u'"},
        keyed_groups=[{"key": "cluster", "prefix": "on"}, {"key": "server | regex_replace('.*/|:.*')", "prefix": "at"}],
        strict=True,
    )
    assert groups(data, "prod") == ["all", "at_prod", "critical", "on_prod_c"]
    assert groups(data, "stag") == ["all", "at_stag", "on_stag_c"]
    assert variables(data, "prod")["region"] == "prod-region"


def test_an_expression_that_fails_is_an_error_where_strict_says_so(inventory, tmp_path):
    (tmp_path / "config").write_text(kubeconfig("prod"))
    assert groups(inventory(kubeconfig="config", groups={"a": "nothing == 1"}), "prod") == ["all", "ungrouped"]
    with pytest.raises(Exception, match="Could not add host prod to group a"):
        inventory(kubeconfig="config", groups={"a": "nothing == 1"}, strict=True)


def test_a_context_whose_name_is_a_template_stays_as_it_is(inventory, tmp_path):
    (tmp_path / "config").write_text(kubeconfig("{{ 1 + 1 }}"))
    data = inventory(kubeconfig="config", compose={"copy": "context"})
    assert variables(data, "1-1")["export_registries_connection"]["context"] == "{{ 1 + 1 }}"
    assert variables(data, "1-1")["copy"] == "{{ 1 + 1 }}"


@pytest.mark.parametrize("name", ["kubeconfig.json", "clusters.yml", "kubeconfig"])
def test_other_files_are_left_to_other_plugins(tmp_path, name):
    (tmp_path / name).write_text("")
    assert not inventory_loader.get(PLUGIN).verify_file(str(tmp_path / name))


def test_a_file_that_is_not_there_is_none_of_ours(tmp_path):
    assert not inventory_loader.get(PLUGIN).verify_file(str(tmp_path / "kubeconfig.yml"))


def test_every_problem_at_once(inventory, tmp_path):
    (tmp_path / "list").write_text("[]")
    (tmp_path / "folder").mkdir()
    (tmp_path / "vaulted").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    with pytest.raises(AnsibleParserError) as raised:
        inventory(kubeconfig=["list", "gone", "folder", "vaulted"], context="prod", namespace="Epinio")
    head, *lines = str(raised.value).splitlines()
    assert head == f"No cluster was taken from {tmp_path}/fleet.kubeconfig.yml: 6 problems."
    assert lines[0].startswith(
        "- context is not an option of this inventory. Correct it. The options are: compose, contexts,"
    )
    assert lines[1] == "- 'Epinio' is not a name of a namespace. Correct namespace."
    assert lines[2].startswith(f"- There is no kubeconfig at {tmp_path}/gone (kubeconfig).")
    assert lines[3].startswith(f"- The kubeconfig at {tmp_path}/folder (kubeconfig) cannot be read: ")
    assert lines[4].startswith(f"- The kubeconfig at {tmp_path}/vaulted (kubeconfig) cannot be read: ")
    assert lines[5].startswith("- The kubeconfig that kubeconfig gives is not a mapping.")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"apiVersion": "v1"}, id="a mapping"),
        pytest.param([1], id="a list of a number"),
        pytest.param([""], id="an empty path"),
        pytest.param(5, id="a number"),
    ],
)
def test_no_path(inventory, value):
    with pytest.raises(
        AnsibleParserError, match=r"1 problem\.\n- kubeconfig is neither a path nor a list of paths\. Give"
    ):
        inventory(kubeconfig=value)
