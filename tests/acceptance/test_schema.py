# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schema for editors, as check-jsonschema judges lists by it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

SCHEMA = Path(__file__).parents[2] / "docs/schema/destinations.schema.json"
PROGRAM = shutil.which("check-jsonschema", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
GOOD = builders.item("ghcr")
VAULTED = """export_registries_destinations:
  - name: ghcr
    registry: ghcr.io
    organization: acme
    registry_username: !unsafe '{{ robot'
    registry_password: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6162
"""


def judged(text: str) -> tuple[int, str]:
    """Return the exit code and what is said of a file; its tags are scalars, as in an editor with our settings."""
    if PROGRAM is None:
        assert not os.environ.get("CI"), "check-jsonschema is missing"
        pytest.skip("check-jsonschema is not installed")
    command = [PROGRAM, "--schemafile", str(SCHEMA), "--force-filetype", "yaml", "-"]
    plain = re.sub(r"!(?:vault|unsafe) ", "", text)
    ended = subprocess.run(command, input=plain, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(VAULTED, id="vaulted and unsafe values"),
        pytest.param("export_registries_destinations: []", id="an empty list"),
        pytest.param(
            yaml.safe_dump(
                {
                    "export_registries_destinations": [
                        {**GOOD, "labels": {"team": "x"}, "adopt": True, "recreate": "{{ recreate }}"},
                        {**GOOD, "name": "two", "certificate": ["a", "b"], "certificate_secret": "c"},
                        {**GOOD, "name": "google", "registry_password": {"type": "service_account"}},
                        {"name": "old", "state": "absent"},
                    ]
                }
            ),
            id="every kind of value",
        ),
    ],
)
def test_a_good_list(text: str) -> None:
    assert judged(text) == (0, "ok -- validation done\n")


def changed(**options: object) -> str:
    item = {**GOOD, **options}
    return json.dumps(
        {"export_registries_destinations": [{name: value for name, value in item.items() if value is not None}]}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(changed(registry=None, registy="ghcr.io"), "'registy' was unexpected", id="an option mistyped"),
        pytest.param(changed(state="there"), "'there' is not one of ['present', 'absent']", id="another state"),
        pytest.param(changed(update_password="never"), "is not one of ['always', 'on_create']", id="another choice"),
        pytest.param(changed(organization=None), "'organization' is a required property", id="an option missing"),
        pytest.param(changed(name=None, state="absent"), "'name' is a required property", id="no name to remove"),
        pytest.param(changed(registry_password=1234), "1234 is not of type 'string', 'object'", id="a number"),
        pytest.param(changed(labels={"a": 1}), "is not valid under any of the given schemas", id="a number in a label"),
        pytest.param('{"export_registries_destinations": {}}', "{} is not of type 'array'", id="a mapping"),
        pytest.param('{"export_registries_destination": []}', "'export_registries_destination' was", id="the variable"),
    ],
)
def test_a_bad_list(text: str, said: str) -> None:
    code, printed = judged(text)
    assert code == 1
    assert said in printed
