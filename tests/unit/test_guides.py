# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guides to registries and to troubleshooting say is so."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination, secrets
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import attempt_of
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import VERDICTS
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret

from tests.registries.authority import Authority

GUIDES = Path(__file__).parents[2] / "docs/docsite/rst"
REGISTRIES = (GUIDES / "registries_guide.rst").read_text(encoding="utf-8")
TROUBLE = (GUIDES / "troubleshooting_guide.rst").read_text(encoding="utf-8")
BLOCK = re.compile(r"^\.\. code-block:: yaml\+jinja\n\n((?:    .*\n|\n)+)", re.MULTILINE)
CODE = re.compile(r"``([a-z]+(?:_[a-z0-9]+)+)``")
#: What looks like a code in the guide to troubleshooting, and is none.
OTHER = {"delegate_to"}

#: Where each leg of an example goes.
PLACES = {
    "docker-hub": "docker.io/acme",
    "ghcr": "ghcr.io/acme",
    "gitlab": "registry.gitlab.com/acme/exports",
    "harbor": "harbor.example.com/exports",
    "quay": "quay.io/acme",
    "ecr": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/exports",
    "artifact-registry": "europe-west1-docker.pkg.dev/acme-project/exports",
    "azure": "acme.azurecr.io/exports",
    "company": "registry.company.example:5000/platform/charts",
}


def examples() -> dict[str, dict[str, Any]]:
    """Return the destinations of the guide, with something in the place of each template."""
    templates = {"certificate": Authority("ca").pem.decode()}
    items = [item for block in BLOCK.findall(REGISTRIES) for item in yaml.safe_load(textwrap.dedent(block))]
    return {
        item["name"]: {
            option: templates.get(option, "made-up") if "{{" in value else value for option, value in item.items()
        }
        for item in items
    }


EXAMPLES = examples()


def test_there_is_an_example_of_each() -> None:
    assert EXAMPLES.keys() == PLACES.keys()


@pytest.mark.parametrize("name", PLACES)
def test_an_example_is_what_epinio_can_use(name: str) -> None:
    parsed = destination.parse_destinations([EXAMPLES[name]], many=True)
    assert (parsed.problems, parsed.warnings) == ([], [])
    [item] = parsed.items
    secret = secrets.authentication(item, item.password).written()
    assert secret.name == name
    keys = {"tls.crt": item.certificate.encode()} if item.certificate else None
    certificate = Secret(item.certificate_secret or "", keys or {})
    reading = epinio.read(secret, {item.certificate_secret: certificate}.get)
    assert reading.usable
    credentials = Credentials(EXAMPLES[name]["registry_username"], "made-up")
    upload = Upload(PLACES[name], credentials, keys["tls.crt"] if keys else None)
    found = attempt_of(reading, keys)
    assert (found.chart, found.image) == (upload, upload)


@pytest.mark.parametrize("text", [REGISTRIES, TROUBLE], ids=["registries", "troubleshooting"])
def test_every_verdict_is_explained(text: str) -> None:
    assert all(f"``{verdict}``" in text for verdict in VERDICTS if verdict != "ok")


def test_every_code_exists_and_is_explained() -> None:
    named = set(CODE.findall(TROUBLE)) - OTHER - set(VERDICTS)
    assert named <= CATALOGUE.codes.keys()
