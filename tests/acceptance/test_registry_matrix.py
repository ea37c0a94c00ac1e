# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check says of a destination is what Helm and skopeo then do with it, on real registries."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import attempt_of, check
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import read
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret

from tests.registries import judges, programs
from tests.registries.behaviours import BEHAVIOURS, Behaviour
from tests.registries.judges import Judgement
from tests.registries.real import HTPASSWD
from tests.registries.rig import IDENTITIES, PASSWORDS, Place, Rig
from tests.registries.scripted import serve

pytestmark = pytest.mark.usefixtures("registry_programs")

ROOT = Path(__file__).parents[2]
ROBOT = "robot$epinio"
KEY = "_json_key"
IDENTITY = IDENTITIES[ROBOT]
NOBODY = "none"


@dataclasses.dataclass(frozen=True)
class Case:
    """A registry of the rig, a destination, and what the check has to say of its chart and its image.

    ``auth``: what the docker config holds in `auth`, where it is not user name and password; empty where it has none.
    ``identity``: its `identitytoken`. ``bundle``: what is in the certificate secret, ``beside``: what is in a second
    key of it, ``roots``: what the system trusts. ``stays``: the session cannot be cancelled. ``pushed``: what the
    clients do where the check cannot prove anything. ``earlier``: whether the Helm of Epinio before 1.14.1 pushes,
    where the newer one does otherwise.
    """

    id: str
    registry: str
    chart: str = "ok"
    image: str = "ok"
    username: str = ROBOT
    password: str | None = None
    auth: str | None = None
    identity: str = ""
    bundle: str | None = "root"
    beside: str = ""
    roots: str = ""
    host: str = "127.0.0.1"
    path: str = ""
    organization: str = "team"
    stays: bool = False
    pushed: tuple[bool, bool] | None = None
    earlier: bool | None = None

    @property
    def expected(self) -> tuple[bool, bool]:
        return self.pushed or (self.chart == "ok", self.image == "ok")

    @property
    def expected_of_the_earlier(self) -> bool:
        return self.expected[0] if self.earlier is None else self.earlier


CASES = [
    # Logging in with user name and password
    Case("basic, distribution 2", "basic-2"),
    Case("basic, distribution 3", "basic-3"),
    Case("wrong password, distribution 2", "basic-2", "denied", "denied", password="wrong"),
    Case("wrong password, distribution 3", "basic-3", "denied", "denied", password="wrong"),
    Case("unknown user", "basic-3", "denied", "denied", username=NOBODY, password="wrong"),
    Case("another user", "basic-2", username="other"),
    Case("old password in auth", "basic-3", "ok", "denied", auth=f"{ROBOT}:old"),
    Case("line end in auth", "basic-2", "ok", "denied", auth=f"{ROBOT}:{HTPASSWD[ROBOT]}\n"),
    Case("old password beside auth", "basic-2", "denied", "ok", password="old", auth=f"{ROBOT}:{HTPASSWD[ROBOT]}"),
    Case("no auth", "basic-3", "ok", "denied", auth=""),
    Case("password of several lines, distribution 2", "basic-2", username=KEY),
    Case("password of several lines, distribution 3", "basic-3", username=KEY),
    Case("password of several lines, one of them wrong", "basic-3", "denied", "denied", username=KEY, password="{\n}"),
    Case("host name", "basic-3", host="localhost"),
    Case("nested organization", "basic-2", organization="team/sub"),
    Case("path in the registry", "basic-3", path="/some/path"),
    # Logging in at a token service
    Case("tokens, distribution 2", "token-2"),
    Case("tokens, distribution 3", "token-3"),
    Case("tokens, wrong password", "token-2", "denied", "denied", password="wrong"),
    Case("tokens, wrong password, distribution 3", "token-3", "denied", "denied", password="wrong"),
    Case("tokens, another organization", "token-3", "denied", "denied", organization="other"),
    Case("tokens, nested organization", "token-2", organization="team/sub"),
    Case("tokens, may not delete", "token-2", username="pusher", stays=True),
    Case("tokens, may only pull", "token-3", "denied", "denied", username="reader"),
    Case("tokens, may only push", "token-2", "denied", "denied", username="writer"),
    Case("tokens, old password in auth", "token-3", "ok", "denied", auth=f"{ROBOT}:old"),
    Case("tokens, no auth", "token-2", "ok", "denied", auth=""),
    Case("tokens, password of several lines", "token-3", username=KEY),
    Case("identity token, login at the registry", "basic-3", identity="unknown"),
    Case("tokens, unknown identity token", "token-2", "ok", "denied", identity="unknown"),
    Case("tokens, good identity token", "token-3", identity=IDENTITY),
    Case("tokens, identity token and wrong password", "token-3", "denied", "ok", password="wrong", identity=IDENTITY),
    Case("identity token, another organization", "token-2", "denied", "denied", identity=IDENTITY, organization="x"),
    Case("token service at an internal address", "token-3", "unreachable", "ok", host="localhost", earlier=True),
    Case(
        "token service in clear", "token-in-clear-3", "unreachable", "inconclusive", pushed=(False, True), earlier=True
    ),
    Case("strict token service", "strict-token-3"),
    Case("strict token service, may only pull", "strict-token-3", "denied", "denied", username="reader"),
    # Trust
    Case("no bundle", "basic-2", "untrusted", "untrusted", bundle=None),
    Case("no bundle, trusted by the system", "basic-3", bundle=None, roots="root"),
    Case("another CA", "basic-3", "untrusted", "untrusted", bundle="other"),
    Case("another CA, trusted by the system", "basic-2", "untrusted", "ok", bundle="other", roots="root"),
    Case("the CA in another key", "basic-3", "untrusted", "ok", bundle="other", beside="root"),
    Case("two CAs", "basic-2", bundle="other root"),
    Case("junk before the CA", "basic-3", bundle="junk root"),
    Case("the server's own certificate", "basic-2", bundle="leaf"),
    Case("expired", "expired-3", "untrusted", "untrusted"),
    Case("another name", "misnamed-3", "untrusted", "untrusted"),
    Case("whole chain", "whole-chain-3"),
    Case("whole chain, intermediate CA alone", "whole-chain-3", bundle="middle"),
    Case("incomplete chain, distribution 2", "incomplete-chain-2", "untrusted", "untrusted"),
    Case("incomplete chain, distribution 3", "incomplete-chain-3", "untrusted", "untrusted"),
    Case("incomplete chain, whole in the bundle", "incomplete-chain-3", bundle="root middle"),
    Case("realm with another CA, distribution 2", "token-elsewhere-2", "untrusted", "untrusted"),
    Case("realm with another CA, distribution 3", "token-elsewhere-3", "untrusted", "untrusted"),
    Case("realm with another CA, both in the bundle", "token-elsewhere-3", bundle="root other"),
    Case("realm with another CA, trusted by the system", "token-elsewhere-2", "untrusted", "ok", roots="other"),
    # Without TLS, without login, without uploads
    Case("plain, with a bundle", "plain-2", "unreachable", "unreachable"),
    Case("plain, distribution 2", "plain-2", "unreachable", "unreachable", bundle=None, earlier=True),
    Case("plain, distribution 3", "plain-3", "unreachable", "unreachable", bundle=None, earlier=True),
    Case("plain, tokens", "plain-token-3", "unreachable", "unreachable", bundle=None),
    Case("plain, anyone", "plain-anyone-3", "unreachable", "unreachable", bundle=None, earlier=True),
    Case("anyone, distribution 2", "anyone-2"),
    Case("anyone, with any password", "anyone-3", password="wrong"),
    Case("read-only, distribution 2", "read-only-2", "denied", "denied"),
    Case("read-only, distribution 3", "read-only-3", "denied", "denied"),
    # Behind a proxy
    Case("proxy", "front"),
    Case(
        "proxy that hides https", "front-without-scheme", "unreachable", "inconclusive", pushed=(False, False)
    ),
    Case("upload at another host", "front-with-another-host", "unreachable", "ok", stays=True, earlier=True),
    Case("login asked for by the upload alone", "front-that-asks-late", "ok", "denied"),
    Case("Negotiate in a header before", "front-negotiate-line", "denied", "ok"),
    Case("Negotiate in front", "front-negotiate-in-front", "denied", "denied"),
    Case("Negotiate behind", "front-negotiate-behind"),
    Case("no challenge", "front-without-challenge", "denied", "denied"),
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What stands in the cluster for a case."""

    registry: str
    username: str
    password: str
    config: bytes
    keys: dict[str, bytes] | None

    @classmethod
    def of(cls, case: Case, place: Place, rig: Rig) -> Secrets:
        password = PASSWORDS[case.username] if case.password is None else case.password
        auth = f"{case.username}:{password}" if case.auth is None else case.auth
        keys = None if case.bundle is None else {"tls.crt": rig.bundle(case.bundle, place)}
        if keys and case.beside:
            keys["ca.crt"] = rig.bundle(case.beside, place)
        return cls.with_auth(f"{case.host}:{place.port}{case.path}", case.username, password, auth, keys, case.identity)

    @classmethod
    def with_auth(
        cls,
        registry: str,
        username: str,
        password: str,
        auth: str,
        keys: dict[str, bytes] | None,
        identity: str = "",
    ) -> Secrets:
        entry = {"username": username, "password": password}
        if auth:
            entry["auth"] = base64.b64encode(auth.encode()).decode()
        if identity:
            entry["identitytoken"] = identity
        return cls(registry, username, password, json.dumps({"auths": {registry: entry}}).encode(), keys)

    def destination(self, organization: str) -> Secret:
        data = {".dockerconfigjson": self.config, **({"certs": b"certificate"} if self.keys else {})}
        return Secret.from_api(
            {
                "metadata": {
                    "name": "case",
                    "labels": {"epinio.io/api-export-registry": "true"},
                    "annotations": {"epinio.io/registry-namespace": organization},
                },
                "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
            }
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_clients_agree(case: Case, rig: Rig, tmp_path: Path, roots: Path) -> None:
    place = rig.place(case.registry)
    secrets = Secrets.of(case, place, rig)
    roots.write_bytes(rig.bundle(case.roots, place))
    before = place.registry.stored()

    beside = {"certificate": Secret("certificate", secrets.keys or {})}
    reading = read(secrets.destination(case.organization), beside.get)
    [result] = check([attempt_of(reading, secrets.keys)], timeout=30)

    found = {leg: finding["verdict"] for leg, finding in result["legs"].items()}
    assert found == {"chart": case.chart, "image": case.image}, result
    left = sorted(set(place.registry.stored()) - set(before))
    if case.stays:
        assert "could not be cancelled" in result["legs"]["chart"]["message"]
        assert {path.split("/_uploads")[0] for path in left} == {
            f"repositories/{case.organization}/epinio-export-check"
        }
    else:
        assert left == []

    judgement = judged(secrets, case.organization, tmp_path, roots)
    assert (judgement.chart.pushed, judgement.image.pushed) == case.expected, f"{result}\n{judgement}"
    assert judgement.earlier.pushed == case.expected_of_the_earlier, f"{result}\n{judgement}"


@pytest.mark.parametrize("behaviour", [one for one in BEHAVIOURS if one.judged], ids=lambda behaviour: behaviour.id)
def test_the_clients_agree_on_what_was_seen_elsewhere(
    behaviour: Behaviour, rig: Rig, tmp_path: Path, roots: Path
) -> None:
    roots.write_bytes(rig.root.pem)
    with serve(behaviour.script, tls=rig.root.identity().server_context(tmp_path)) as server:
        secrets = Secrets.with_auth(server.host, ROBOT, "password", f"{ROBOT}:password", None)
        [result] = check([attempt_of(read(secrets.destination("team"), {}.get))], timeout=30)
        judgement = judged(secrets, "team", tmp_path, roots)
    assert {leg["verdict"] for leg in result["legs"].values()} == {behaviour.verdict}
    assert not any(one.pushed for one in judgement)


class Judgements(NamedTuple):
    chart: Judgement
    image: Judgement
    earlier: Judgement


def judged(secrets: Secrets, organization: str, folder: Path, roots: Path) -> Judgements:
    """Return what Helm and skopeo do, and what the Helm of Epinio before 1.14.1 does."""
    chart, earlier = (
        judges.helm(
            program,
            folder / name,
            registry=secrets.registry,
            organization=organization,
            username=secrets.username,
            password=secrets.password,
            bundle=secrets.keys and secrets.keys["tls.crt"],
            roots=roots,
        )
        for name, program in (("helm", programs.helm()), ("earlier", programs.earlier_helm()))
    )
    image = judges.skopeo(
        folder / "skopeo",
        registry=secrets.registry,
        organization=organization,
        config=secrets.config,
        mounted=secrets.keys,
        roots=roots,
    )
    return Judgements(chart, image, earlier)


@pytest.mark.parametrize("name", ["anyone-2", "anyone-3"])
def test_nobody_sees_that_it_was_checked(name: str, tmp_path: Path, roots: Path) -> None:
    with contextlib.closing(Rig(tmp_path / "rig")) as rig:
        place = rig.place(name)
        roots.write_bytes(rig.root.pem)
        secrets = Secrets.with_auth(place.registry.address, ROBOT, "password", f"{ROBOT}:password", None)
        [result] = check([attempt_of(read(secrets.destination("team"), {}.get))], timeout=30)
        assert result["verdict"] == "ok"
        assert place.registry.stored() == []
        base = f"https://{place.registry.address}/v2"
        assert requests.get(f"{base}/_catalog", verify=str(roots), timeout=10).json() == {"repositories": []}
        tags = requests.get(f"{base}/team/epinio-export-check/tags/list", verify=str(roots), timeout=10)
        assert tags.status_code == 404


@pytest.mark.parametrize("name", ["basic-2", "basic-3"])
def test_a_registry_ends_with_the_tests(name: str, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from tests.registries.rig import Rig\n"
        f"rig = Rig(pathlib.Path(sys.argv[1])); port = rig.place({name!r}).port\n"
        "print(port, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        was_open = is_open(port)
        process.kill()
        process.wait()
        assert was_open
        assert eventually(lambda: not is_open(port))


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()
