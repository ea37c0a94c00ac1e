# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX's own code makes of our credential types, and why they are as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from awx_plugins.credentials.plugins import kubernetes_bearer_token

from tests.acceptance.canary import Canary
from tests.awx.definitions import credential_type
from tests.awx.injection import Injected, inject
from tests.control_plane import Cluster

CLUSTERS, REGISTRIES = credential_type("Epinio clusters"), credential_type("Container registries")
CANARY = Canary("secret")
#: Template, quotes, more than one line, letters beyond ASCII.
SECRET = f"first: {{{{ 1 + 1 }}}}\nsecond: '{CANARY.value}'\n"


def injected(tmp_path: Path, given: dict[str, Any], **inputs: str) -> Injected:
    return inject(tmp_path, (given, inputs), root=tmp_path)


@pytest.mark.parametrize(
    ("given", "field", "variable"),
    [
        pytest.param(CLUSTERS, "kubeconfig", "K8S_AUTH_KUBECONFIG", id="clusters"),
        pytest.param(REGISTRIES, "config", "REGISTRY_AUTH_FILE", id="registries"),
    ],
)
def test_a_secret_is_in_one_file_and_nowhere_else(
    tmp_path: Path, given: dict[str, Any], field: str, variable: str
) -> None:
    made = injected(tmp_path, given, **{field: SECRET})
    [file] = (tmp_path / "env").iterdir()
    assert file.read_text() == SECRET
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.env == made.safe_env == {variable: str(file)}
    assert made.args == []


def test_both_are_in_one_job(tmp_path: Path) -> None:
    made = inject(tmp_path, (CLUSTERS, {"kubeconfig": "one"}), (REGISTRIES, {"config": "two"}), root=Path("/runner"))
    assert set(made.env) == {"K8S_AUTH_KUBECONFIG", "REGISTRY_AUTH_FILE"}
    for variable, text in {"K8S_AUTH_KUBECONFIG": "one", "REGISTRY_AUTH_FILE": "two"}.items():
        inside = Path(made.env[variable])
        assert (tmp_path / inside.relative_to("/runner")).read_text() == text


def ansible(folder: Path, module: str, arguments: str, *more: str, **variables: str) -> str:
    """Run a module on localhost in an empty home, and return what is printed."""
    bare = {name: os.environ[name] for name in ("PATH", "ANSIBLE_COLLECTIONS_PATH")}
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", module, "-a", arguments, *more],
        env={**bare, "HOME": str(folder), "LC_ALL": "C.UTF-8", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout


def test_a_blank_field_would_be_an_empty_variable(tmp_path: Path, cluster: Cluster) -> None:
    """Why no optional field feeds the environment: modules take the empty one for a name."""
    fields = [*CLUSTERS["inputs"]["fields"], {"id": "context", "label": "Context", "type": "string"}]
    env = {**CLUSTERS["injectors"]["env"], "K8S_AUTH_CONTEXT": "{{ context }}"}
    given = {**CLUSTERS, "inputs": {"fields": fields}, "injectors": {**CLUSTERS["injectors"], "env": env}}
    kubeconfig = Path(cluster.environment["K8S_AUTH_KUBECONFIG"]).read_text()
    made = injected(tmp_path, given, kubeconfig=kubeconfig, context="").env
    assert made["K8S_AUTH_CONTEXT"] == ""
    python = ("-e", f"ansible_python_interpreter={sys.executable}")
    asked = ("kubernetes.core.k8s_info", "kind=Namespace name=default", *python)
    assert "Expected object with name" in ansible(tmp_path, *asked, **made)
    del made["K8S_AUTH_CONTEXT"]
    assert "SUCCESS" in ansible(tmp_path, *asked, **made)


def test_what_is_in_extra_vars_would_be_a_template(tmp_path: Path) -> None:
    """Why no secret goes that way: Ansible reads a file of extra variables as it reads a playbook."""
    given = {**REGISTRIES, "injectors": {"extra_vars": {"password": "{{ config }}"}}}
    made = injected(tmp_path, given, config="{{ 1 + 1 }}")
    [option, file] = made.args
    assert option == "-e"
    assert yaml.safe_load(Path(file.lstrip("@")).read_text()) == {"password": "{{ 1 + 1 }}"}
    assert re.search(
        r'"password": "?2"?$', ansible(tmp_path, "ansible.builtin.debug", "var=password", *made.args), re.M
    )


@pytest.mark.parametrize(
    ("inputs", "verify"),
    [
        pytest.param({"verify_ssl": True, "ssl_ca_cert": "PEM"}, "True", id="with an authority"),
        pytest.param({"verify_ssl": True}, "False", id="with a blank authority"),
        pytest.param({"verify_ssl": False, "ssl_ca_cert": "PEM"}, "False", id="switched off"),
    ],
)
def test_the_bearer_token_of_awx_verifies_with_an_authority_alone(
    tmp_path: Path, inputs: dict[str, Any], verify: str
) -> None:
    token = {"host": "https://cluster.example.com", "bearer_token": CANARY.value, **inputs}
    made = inject(tmp_path, (kubernetes_bearer_token, token), root=tmp_path)
    assert made.env["K8S_AUTH_VERIFY_SSL"] == verify
    assert made.env["K8S_AUTH_API_KEY"] == CANARY.value, "which ansible-runner keeps in its artifacts"
