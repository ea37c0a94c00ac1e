# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destinations as people write them, and how Epinio reads them."""

from __future__ import annotations

import json

from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support.builders import docker_config, secret

HOST = "registry.example.com"


def read(raw, *others):
    """Read a secret beside others."""
    beside = {other["metadata"]["name"]: Secret.from_api(other) for other in others}
    return epinio.read(Secret.from_api(raw), beside.get)


def found(reading):
    """Return the problems as leg -> codes."""
    problems = {}
    for problem in reading.problems:
        problems.setdefault(problem.leg, []).append(problem.code)
    return problems


def config(text, *, organization="acme", data=None):
    """Return a destination whose docker config is this text."""
    return secret(
        "acme",
        {".dockerconfigjson": text.encode(), **(data or {})},
        labels={epinio.API_EXPORT_LABEL: "true"},
        annotations={epinio.NAMESPACE_ANNOTATION: organization},
    )


def destination(registry=HOST, *, organization="acme", username="robot", password="s3cret", data=None):
    """Return a destination as the modules write it."""
    return config(json.dumps(docker_config(registry, username, password)), organization=organization, data=data)


def entry(**fields):
    """Return a destination whose only entry holds these fields."""
    return config(json.dumps({"auths": {HOST: fields}}))


def unlabelled(**metadata):
    """Return a destination with other metadata."""
    made = destination()
    made["metadata"].update(metadata)
    return made
