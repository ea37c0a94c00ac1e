# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password is changed everywhere: what stands there is what Helm and skopeo push with, whatever breaks meanwhile."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.engine import Failure, run
from tests.acceptance.kube import Api, Secrets, decoded
from tests.acceptance.plays import Play
from tests.acceptance.test_guides import Reader
from tests.acceptance.test_kill import tree
from tests.control_plane import Cluster
from tests.faults import Exchange, Proxy, at
from tests.registries import judges, programs
from tests.registries.rig import PASSWORDS, SECOND, Place, Rig

USER = "pusher"
OLD, NEW = PASSWORDS[USER], SECOND[USER]
CANARY = Canary("new password", NEW, NEW.split()[-1])


@pytest.fixture(scope="module")
def place(rig: Rig) -> Place:
    """A registry that knows two passwords of a user, who may push to `team` and to no other organization."""
    return rig.place(f"token-{programs.at_hand()}")


def destination(place: Place, name: str, organization: str = "team", password: str = OLD) -> dict[str, Any]:
    """Return a destination as somebody wrote it by hand; its certificate is in the secret `ca`."""
    config = builders.docker_config(place.registry.address, USER, password)
    written = builders.destination_secret(name, config=config, style="pretty", data={"certs": "Y2E="})
    written["metadata"]["annotations"]["epinio.io/registry-namespace"] = organization
    return dict(written)


def options(place: Place, **more: Any) -> dict[str, Any]:
    given = {"registry": place.registry.address, "registry_username": USER, "registry_password": NEW}
    return {**given, "timeout": 60.0, **more}


def passwords(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the password of each destination, which stands there twice."""
    return {
        name: str(builders.stored(secret)[2])
        for name, secret in secrets.items()
        if ".dockerconfigjson" in secret["data"]
    }


@pytest.fixture
def by_hand(rig: Rig, place: Place, secrets: Secrets) -> Secrets:
    """Two destinations that can be pushed to, and one whose organization is another user's."""
    secrets.create(builders.certificate_secret("ca", rig.root.pem.decode()))
    secrets.create(
        destination(place, "one"), destination(place, "two", "team/sub"), destination(place, "three", "other")
    )
    return secrets


def test_helm_and_skopeo_push_with_what_stands_there_then(
    cluster: Cluster,
    place: Place,
    by_hand: Secrets,
    tmp_path: Path,
    roots: Path,
) -> None:
    before = by_hand.all()
    where = {"kubeconfig": str(cluster.kubeconfig), "namespace": by_hand.namespace}
    with pytest.raises(Failure) as failed:
        run("export_registry_password", options(place, **where))
    [refused] = failed.value.result["refused"]
    assert (refused["name"], refused["verdict"]) == ("three", "denied")
    after = by_hand.all()
    assert passwords(after) == {"one": NEW, "two": NEW, "three": OLD}
    assert after["three"] == before["three"]
    for name, organization in {"one": "team", "two": "team/sub"}.items():
        config = decoded(after[name], ".dockerconfigjson")
        registry, username, password = builders.stored(after[name])
        place_of = {"registry": registry, "organization": organization, "roots": roots}
        trusted = base64.b64decode(after["ca"]["data"]["tls.crt"])
        chart = judges.helm(
            programs.helm(), tmp_path / f"helm-{name}", username=username, password=password, bundle=trusted, **place_of
        )
        image = judges.skopeo(
            tmp_path / f"skopeo-{name}", config=config.encode(), mounted={"tls.crt": trusted}, **place_of
        )
        assert (chart.pushed, image.pushed) == (True, True), f"{chart}\n{image}"
        rest = {key: value for key, value in before[name]["data"].items() if key != ".dockerconfigjson"}
        assert {key: value for key, value in after[name]["data"].items() if key != ".dockerconfigjson"} == rest
        for key in ("labels", "annotations", "uid", "creationTimestamp"):
            assert after[name]["metadata"][key] == before[name]["metadata"][key]
    with pytest.raises(Failure) as again:
        run("export_registry_password", options(place, **where))
    assert again.value.result["changed"] is False


@pytest.mark.parametrize("keywords", [{}, {"environment": {"PYTHONUNBUFFERED": "1"}}], ids=["worker", "module"])
def test_a_kill_between_writes(
    api: Api,
    rig: Rig,
    place: Place,
    proxy: Proxy,
    play: Play,
    keywords: Any,
) -> None:
    """Each destination has one whole password, the old or the new, and the next run does the rest."""
    secrets = Secrets(api, api.namespace())
    secrets.create(builders.certificate_secret("ca", rig.root.pem.decode()))
    secrets.create(*(destination(place, f"d{number:02}") for number in range(12)))
    processes: list[int] = []

    def kill(_exchange: Exchange) -> None:
        for process in tree(processes[0]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    proxy.fault = at("PUT", 7, kill)
    where = {**proxy.connection, "namespace": secrets.namespace}
    task = {"epinio.registries.export_registry_password": options(place, **where), **keywords}
    play(task, code=-signal.SIGKILL, started=processes.append)
    proxy.reset()
    left = passwords(secrets.all())
    assert set(left.values()) <= {OLD, NEW}
    assert OLD in left.values()
    play(task)
    assert set(passwords(secrets.all()).values()) == {NEW}


@pytest.fixture
def wave(api: Api, rig: Rig, place: Place) -> list[Secrets]:
    """Twelve clusters, a namespace each; in the second, the user may not push to the organization."""
    clusters = [Secrets(api, api.namespace()) for _number in range(12)]
    for number, secrets in enumerate(clusters):
        secrets.create(builders.certificate_secret("ca", rig.root.pem.decode()))
        secrets.create(destination(place, "registry", "other" if number == 1 else "team"))
    return clusters


def test_a_wave_stops_at_the_first_refusal(cluster: Cluster, place: Place, wave: list[Secrets], tmp_path: Path) -> None:
    reader = Reader(tmp_path, cluster)
    hosts = {f"c{number:02}": {"export_registries_namespace": one.namespace} for number, one in enumerate(wave)}
    (tmp_path / "clusters.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    rotation = {"registry": place.registry.address, "registry_username": USER, "registry_password": NEW}
    (tmp_path / "rotation.yml").write_text(yaml.safe_dump({"export_registries_rotation": rotation}))
    command = "ansible-playbook --inventory clusters.json --extra-vars @rotation.yml epinio.registries.rotate -vvvv"
    stopped = reader.run(command)
    assert stopped.returncode != 0
    assert "1 of 1 destinations keep their old password." in stopped.stdout
    assert "c02" not in stopped.stdout.partition("PLAY RECAP")[2]
    assert [passwords(one.all())["registry"] for one in wave] == [NEW, *[OLD] * 11]
    assert CANARY.found_in(stopped.stdout.encode()) == []
    wave[1].patch("registry", {"metadata": {"annotations": {"epinio.io/registry-namespace": "team"}}})
    ended = reader.run(command)
    assert ended.returncode == 0, ended.stdout
    assert [passwords(one.all())["registry"] for one in wave] == [NEW] * 12


class Rotating(Reader):
    """A reader whose registry is the rig's, and who has a program `aws`."""

    def __init__(self, folder: Path, cluster: Cluster, place: Place) -> None:
        super().__init__(folder, cluster)
        address = place.registry.address
        self.words = {
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com": address,
            "ghcr.io": address,
            "acme-robot": USER,
            "the new token": json.dumps(NEW),
            "AWS": USER,
        }
        programs_of_the_reader = folder / "programs"
        programs_of_the_reader.mkdir()
        aws = programs_of_the_reader / "aws"
        aws.write_text(f'#!/bin/sh\n[ "$1 $2" = "ecr get-login-password" ] && echo "{OLD}"\n')
        aws.chmod(0o755)
        self.environment["PATH"] = f"{programs_of_the_reader}{os.pathsep}{self.environment['PATH']}"

    def write(self, before: str, text: str) -> None:
        for word, mine in self.words.items():
            text = text.replace(word, mine)
        super().write(before, text)


def test_the_guide(cluster: Cluster, api: Api, rig: Rig, place: Place, tmp_path: Path) -> None:
    """Its namespace is that of Epinio; both clusters of its inventory are one here."""
    reader = Rotating(tmp_path, cluster, place)
    reader.run("kubectl create namespace epinio")
    secrets = Secrets(api, "epinio")
    secrets.clear()
    config = yaml.safe_load(cluster.run("config", "view", "--raw", "--minify", "--flatten"))
    contexts = [{**config["contexts"][0], "name": name} for name in ("staging", "production")]
    kubeconfig = tmp_path / "two.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump({**config, "contexts": contexts, "current-context": "staging"}))
    reader.environment.update(KUBECONFIG=str(kubeconfig), K8S_AUTH_KUBECONFIG=str(kubeconfig))
    (tmp_path / "vault.password").write_text("made up")
    reader.environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(tmp_path / "vault.password")
    seen: list[str] = []
    try:
        secrets.create(builders.certificate_secret("ca", rig.root.pem.decode()), destination(place, "ghcr"))
        typed = reader.follow(
            "rotation_guide", meanwhile=lambda _command: seen.append(passwords(secrets.all())["ghcr"])
        )
        assert typed == 6
        assert seen == [OLD, OLD, NEW, NEW, NEW, OLD]
        assert b"$ANSIBLE_VAULT" in (tmp_path / "rotation.yml").read_bytes()
    finally:
        secrets.clear()
