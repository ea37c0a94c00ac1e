# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard on a real API server: what it refuses, and what it lets through."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests import guard
from tests.acceptance.kube import LABEL, Api, Secrets
from tests.control_plane import Cluster

CORPUS = Path(__file__).parents[1] / "unit/plugins/module_utils/_reading/data/epinio-readers.jsonl"
REFUSED = "denied request: "


@pytest.fixture(scope="module")
def guarded(cluster: Cluster, api: Api) -> Iterator[Secrets]:
    """A namespace in which the guard refuses."""
    secrets = Secrets(api, api.namespace())
    with guard.in_place(cluster, secrets.namespace):
        yield secrets


def refusal(secrets: Secrets, body: Mapping[str, Any]) -> str | None:
    """Return the code that a dry run is refused with, or None."""
    metadata = {**body["metadata"], "namespace": secrets.namespace}
    try:
        secrets.send("POST", "?dryRun=All", {**body, "metadata": metadata})
    except AssertionError as error:
        before, refused, message = str(error).partition(REFUSED)
        if not refused:
            raise AssertionError(f"refused by something else: {before}") from None
        return message.partition(":")[0]
    return None


def test_no_usable_secret_is_refused(guarded: Secrets, capsys: pytest.CaptureFixture[str]) -> None:
    """All labelled secrets of the corpus, by the verdicts of Epinio's own readers."""
    count: Counter[bool] = Counter()
    codes: Counter[str] = Counter()
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if LABEL not in case["secret"]["metadata"].get("labels", {}):
            continue
        verdict = case["verdict"]
        usable = verdict["listed"] and verdict["chart"]["ok"] and verdict["image"]["ok"]
        code = refusal(guarded, {"apiVersion": "v1", "kind": "Secret", **case["secret"]})
        assert not (usable and code), f"{case['id']}: {code}"
        count[usable] += 1
        codes.update([code] if code else [])
    with capsys.disabled():
        sys.stdout.write(
            f"\nrefused: none of {count[True]} usable, {codes.total()} of {count[False]} unusable: {dict(codes)}\n"
        )
    assert count == {True: 206, False: 421}
    assert codes.total() >= 205
    guide = (Path(__file__).parents[2] / "docs/docsite/rst/guard_guide.rst").read_text(encoding="utf-8")
    assert re.findall(r"Of the (\d+).*accept (\d+).*Of the (\d+) others, it refuses (\d+)", guide) == [
        tuple(map(str, (count.total(), count[True], count[False], codes.total())))
    ]


GOOD = builders.destination_secret("ghcr")


def changed(*, label: str = "true", organization: str | None = "acme", name: str = "ghcr", **data: str | None) -> Any:
    """Return a destination in which something else stands; None takes it away."""
    secret = copy.deepcopy(GOOD)
    secret["metadata"] |= {"name": name, "labels": {LABEL: label}}
    secret["metadata"]["annotations"] = {} if organization is None else {"epinio.io/registry-namespace": organization}
    for key, value in data.items():
        secret["data"].pop(key, None)
        if value is not None:
            secret.setdefault("stringData", {})[key] = value
    return secret


def certificate(kind: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ca", "labels": {"epinio.registries/managed": kind}},
        "stringData": {"tls.crt": "made up", "tls.key": "made up"},
    }


CONFIG = ".dockerconfigjson"
BAD = [
    pytest.param(changed(name="registry-creds"), "name_reserved", id="Epinio's own secret"),
    pytest.param(changed(label="True"), "label_not_true", id="label"),
    pytest.param(changed(organization=None), "organization_missing", id="no organization"),
    pytest.param(changed(organization=""), "organization_invalid", id="empty organization"),
    pytest.param(changed(organization="Acme"), "organization_invalid", id="organization in upper case"),
    pytest.param(changed(organization="acme/"), "organization_invalid", id="organization with a slash behind"),
    pytest.param(changed(organization="acme\n"), "organization_invalid", id="organization with a line end"),
    pytest.param(changed(organization="a" * 250), "organization_too_long", id="long organization"),
    pytest.param(changed(**{CONFIG: None}), "config_missing", id="no docker config"),
    pytest.param(changed(**{CONFIG: "{}"}), "auths_missing", id="no auths"),
    pytest.param(changed(**{CONFIG: '{"Auths": {}}'}), "auths_missing", id="Auths"),
    pytest.param(changed(certs="ca\n"), "certificate_secret_missing", id="certs with a line feed"),
    pytest.param(changed(certs="ca-1\r\n"), "certificate_secret_missing", id="certs with a line end of Windows"),
    pytest.param(certificate("destination-certificate"), "private_key_exposed", id="key beside a certificate"),
    pytest.param(certificate("shared-certificate"), "private_key_exposed", id="key beside a shared certificate"),
]
GOOD_ONES = [
    pytest.param(GOOD, id="as the modules write it"),
    pytest.param(changed(organization="a" * 249), id="the longest organization"),
    pytest.param(changed(certs=""), id="empty certs mean none"),
    pytest.param(changed(certs="ca"), id="certs"),
    pytest.param(changed(**{CONFIG: '{"\\u0061uths": {}}'}), id="auths in an escape"),
    pytest.param({**certificate("shared-certificate"), "metadata": {"name": "ca"}}, id="a certificate of others"),
]


def said(code: str) -> str:
    [message] = [one["message"] for one in POLICY["spec"]["validations"] if one["message"].startswith(f"{code}: ")]
    return str(message)


POLICY = yaml.safe_load(guard.FILE.read_text(encoding="utf-8"))["items"][0]


def apply(
    cluster: Cluster, namespace: str, secret: Mapping[str, Any], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cluster.kubectl, "--namespace", namespace, "apply", *arguments, "--filename", "-"],
        env=cluster.environment,
        input=json.dumps({**secret, "metadata": {**secret["metadata"], "namespace": namespace}}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("secret", "code"), BAD)
def test_kubectl_shows_code_and_remedy(cluster: Cluster, guarded: Secrets, secret: Any, code: str) -> None:
    ended = apply(cluster, guarded.namespace, secret)
    assert ended.returncode == 1
    assert f"{REFUSED}{said(code)}" in ended.stderr
    assert guarded.all() == {}


@pytest.mark.parametrize("secret", GOOD_ONES)
def test_what_may_be_usable_passes(cluster: Cluster, guarded: Secrets, secret: Any) -> None:
    ended = apply(cluster, guarded.namespace, secret, "--dry-run=server")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_largest_docker_config_passes(guarded: Secrets) -> None:
    """Whether CEL looks through all of it or gives up."""
    config = json.dumps(builders.docker_config("registry.example.com", "robot", "s3cret"))
    large = config[:-1] + ", " + " " * (1024 * 1024 - len(config) - 10) + '"x": {}}'
    assert refusal(guarded, changed(**{CONFIG: large})) is None
    large = " " * (1024 * 1024 - len(config)) + config
    assert refusal(guarded, changed(**{CONFIG: large})) is None


def test_a_change_is_judged_too_and_a_deletion_is_not(cluster: Cluster, guarded: Secrets) -> None:
    """Whoever has set a finalizer must be able to take it away, whatever the secret looks like."""
    guarded.create(changed(name="waits"))
    with pytest.raises(AssertionError, match="label_not_true"):
        guarded.patch("waits", {"metadata": {"labels": {LABEL: "no"}}})
    guarded.patch("waits", {"metadata": {"finalizers": ["example.com/waits"]}})
    guarded.delete("waits")
    guarded.patch("waits", {"metadata": {"labels": {LABEL: "no"}, "finalizers": None}})
    assert guarded.all() == {}


def test_other_namespaces_are_not_guarded(cluster: Cluster, guarded: Secrets, namespace: str) -> None:
    assert apply(cluster, namespace, changed(label="no"), "--dry-run=server").returncode == 0
