# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find or start the cluster that tests use, and what tests do to it."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..go_builds import Unavailable
from ._build import SERVER, build
from ._server import Server, state_directory

__all__ = ["Cluster", "ControlPlane", "Unavailable", "open_cluster", "open_control_plane", "prepare"]

GIVEN = "EPINIO_TEST_KUBECONFIG"
KUBECTL = "EPINIO_TEST_KUBECTL"
ASSETS = "KUBEBUILDER_ASSETS"


@dataclasses.dataclass
class Cluster:
    """A cluster that tests may write to, as its administrator.

    `scratch` is a private folder that lives as long as the cluster is open.
    """

    kubeconfig: Path
    kubectl: Path
    scratch: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a command that uses this cluster: this one, and no other that the user may have set."""
        config = str(self.kubeconfig)
        path = os.pathsep.join([str(self.kubectl.parent), os.environ.get("PATH", os.defpath)])
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("K8S_AUTH_")},
            "KUBECONFIG": config,
            "K8S_AUTH_KUBECONFIG": config,
            GIVEN: config,
            KUBECTL: str(self.kubectl),
            "PATH": path,
        }

    @property
    def url(self) -> str:
        """The API server's address."""
        return str(self._config()["clusters"][0]["cluster"]["server"])

    @property
    def variables(self) -> dict[str, str]:
        """The same for Ansible, as variables of the integration targets."""
        return {"epinio_kubeconfig": str(self.kubeconfig), "epinio_kubectl": str(self.kubectl), "epinio_url": self.url}

    @property
    def certificate_authority(self) -> str | None:
        """The PEM of the CA of the API server's certificate."""
        data = self._config()["clusters"][0]["cluster"].get("certificate-authority-data")
        return base64.b64decode(data).decode() if data else None

    @property
    def admin_token(self) -> str:
        """The administrator's bearer token; `Unavailable` where a given kubeconfig logs in by other means."""
        token = self._config()["users"][0]["user"].get("token")
        if not token:
            raise Unavailable(f"{self.kubeconfig} does not log in with a token")
        return str(token)

    @property
    def client_ca(self) -> tuple[Path, Path]:
        """Certificate and key of the CA for client certificates; `Unavailable` for a cluster that is not ours."""
        certificate, key = (self.kubeconfig.with_name(f"client-ca.{suffix}") for suffix in ("crt", "key"))
        if not key.exists():
            raise Unavailable("the key of the client CA is known only for a control plane that the tests started")
        return certificate, key

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as administrator and return what it prints; `CalledProcessError` where it fails."""
        return subprocess.run(
            [self.kubectl, "--kubeconfig", self.kubeconfig, *arguments],
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Create or change these objects."""
        self.run("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def namespace(self, prefix: str = "test") -> str:
        """Make a new namespace and return its name."""
        name = f"{prefix}-{secrets.token_hex(4)}"
        self.run("create", "namespace", name)
        return name

    def service_account(
        self, namespace: str, rules: Sequence[Mapping[str, Any]], *, name: str = "tester", lifetime: str = "2h"
    ) -> Path:
        """Make a service account that may do exactly `rules` (of a Role) in its namespace, and return its kubeconfig.

        Called again with the same name it gives the account new rules and a new token.
        """
        metadata = {"name": name, "namespace": namespace}
        api = "rbac.authorization.k8s.io"
        self.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
            {
                "apiVersion": f"{api}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", **metadata}],
            },
        )
        token = self.run("--namespace", namespace, "create", "token", name, f"--duration={lifetime}").strip()
        config = self._config()
        config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
        file = self.scratch / f"{namespace}-{name}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps(config))
        return file

    def _config(self) -> dict[str, Any]:
        shown = self.run("config", "view", "--raw", "--minify", "--flatten", "--output", "json")
        return dict(json.loads(shown))


@dataclasses.dataclass
class ControlPlane(Cluster):
    """A control plane that the tests started and may stop, restart and kill."""

    server: Server = dataclasses.field(repr=False)

    def start(self) -> None:
        """Start it again, on the same state and port, and wait until it serves."""
        self.server.start()

    def stop(self) -> None:
        """Stop it in order; the state stays."""
        self.server.stop()

    def kill(self) -> None:
        """End it at once, as a crash would; the state stays."""
        self.server.kill()

    def restart(self) -> None:
        """Stop and start it: same data, same port, same tokens and keys."""
        self.stop()
        self.start()


def prepare() -> str:
    """Build what `open_cluster()` would have to build, and say which API server it will use."""
    given = os.environ.get(GIVEN)
    if given:
        return f"{given}, with {_kubectl()}"
    command, kubectl = _programs()
    return f"{command[-1]}, with {kubectl}"


def open_cluster() -> AbstractContextManager[Cluster]:
    """Give the cluster meant for tests, or one that runs as long as the context."""
    given = os.environ.get(GIVEN)
    return _open_given(Path(given)) if given else open_control_plane()


@contextmanager
def _open_given(kubeconfig: Path) -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="epinio-registries-") as scratch:
        cluster = Cluster(kubeconfig.resolve(), _kubectl(), Path(scratch))
        try:
            cluster.run("get", "--raw", "/readyz", "--request-timeout=20s")
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(f"{GIVEN}={kubeconfig} leads to no API server that is ready: {error}") from error
        yield cluster


@contextmanager
def open_control_plane() -> Iterator[ControlPlane]:
    """Start a control plane of the test's own, whatever cluster is given, for as long as the context lasts."""
    command, kubectl = _programs()
    with state_directory() as state:
        server = Server(command, state)
        server.start()
        try:
            yield ControlPlane(server.kubeconfig, kubectl, state, server)
        finally:
            server.stop()


def _programs() -> tuple[list[str], Path]:
    """Return the command that takes `control-plane`'s options, and kubectl."""
    assets = os.environ.get(ASSETS)
    if not assets:
        binaries = build()
        return [str(binaries / SERVER)], binaries / "kubectl"
    missing = [name for name in ("etcd", "kube-apiserver") if not (Path(assets) / name).is_file()]
    if missing:
        raise Unavailable(f"{ASSETS}={assets} holds no {' and no '.join(missing)}")
    kubectl = Path(assets) / "kubectl"
    command = [sys.executable, str(Path(__file__).with_name("_assets.py")), assets]
    return command, kubectl if kubectl.exists() else _kubectl()


def _kubectl() -> Path:
    """Return the machine's own kubectl: nobody with a cluster waits for a build."""
    found = os.environ.get(KUBECTL) or shutil.which("kubectl")
    if not found:
        raise Unavailable(f"kubectl is missing: it is looked for on PATH, and where {KUBECTL} says")
    return Path(found)
