# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test rig: how the API server is built, found and ended."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.control_plane import Cluster, ControlPlane, Unavailable, cache_directory, open_cluster, open_control_plane
from tests.control_plane._build import build
from tests.control_plane._server import Server, state_directory

ROOT = Path(__file__).parents[2]
LAUNCHER = [sys.executable, "-m", "tests.control_plane", "run"]
SECONDS = 20  # more than anything here takes


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def serves(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as connection:
        return connection.connect_ex((str(address.hostname), int(address.port or 0))) == 0


def script(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


# ---------------------------------------------------------------------------------------------------- building


class Workshop:
    """A cache of the test's own, sources to build, and a `go` that notes its calls."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        self.calls = folder / "calls"
        self.cache = folder / "cache"
        for name, text in {
            "go.mod": "module x\n\ngo 1.26.8\n\nrequire (\n\tk8s.io/kubernetes v1.37.2\n)\n",
            "go.sum": "",
            "control-plane/main.go": "package main\n",
        }.items():
            script(self.sources / name, text)
        self.go("1.26.8")

    def go(self, version: str, *, build: str = "", folder: Path | None = None) -> None:
        """Put a `go` in place whose build writes both programs, after the shell commands `build`."""
        script(
            (folder or self.calls.parent / "bin") / "go",
            f"""#!/bin/sh
if [ "$1" = env ]; then echo go{version}; exit; fi
echo "{version} $*" >> {shlex.quote(str(self.calls))}
while [ "$1" != -o ]; do shift; done
echo half > "$2/control-plane"
{build}
echo whole > "$2/control-plane"
echo whole > "$2/kubectl"
""",
        )

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.calls.parent / "bin"), os.environ["PATH"]])
        return {"XDG_CACHE_HOME": str(self.cache), "PATH": path}

    def start(self) -> subprocess.Popen[str]:
        """Build in a process of its own."""
        code = (
            "import sys, pathlib; from tests.control_plane._build import build; print(build(pathlib.Path(sys.argv[1])))"
        )
        command = [sys.executable, "-c", code, str(self.sources)]
        environment = {**os.environ, **self.environment}
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def built(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_build_is_made_once(workshop: Workshop) -> None:
    folder = build(workshop.sources)
    assert folder == build(workshop.sources)
    assert folder.is_relative_to(cache_directory())
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "control-plane": "whole\n",
        "kubectl": "whole\n",
    }
    assert workshop.built() == 1
    assert "gitVersion=v1.37.2" in workshop.calls.read_text()


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "control-plane/main.go", "kubectl/main.go"])
def test_a_change_of_any_source_is_a_new_build(workshop: Workshop, file: str) -> None:
    script(workshop.sources / "kubectl/main.go", "package main\n")
    before = build(workshop.sources)
    with (workshop.sources / file).open("a") as source:
        source.write("// changed\n")
    assert build(workshop.sources) != before


def test_a_build_that_fails_shows_why_and_leaves_nothing_to_use(workshop: Workshop) -> None:
    workshop.go("1.26.8", build="echo no space left on device >&2; exit 3")
    with pytest.raises(Unavailable, match=r"(?s)ended with 3.*no space left on device"):
        build(workshop.sources)
    workshop.go("1.26.8")
    assert (build(workshop.sources) / "control-plane").read_text() == "whole\n"


def test_a_killed_build_is_not_used(workshop: Workshop) -> None:
    workshop.go("1.26.8", build="sleep 300")
    with workshop.start() as process:
        assert eventually(lambda: bool(list(workshop.cache.rglob("control-plane/*/control-plane"))))
        process.kill()
    workshop.go("1.26.8")
    assert (build(workshop.sources) / "control-plane").read_text() == "whole\n"
    assert workshop.built() == 2


def test_two_builds_at_once_are_one(workshop: Workshop) -> None:
    workshop.go("1.26.8", build="sleep 1")
    with workshop.start() as one, workshop.start() as other:
        assert one.communicate()[0] == other.communicate()[0] != ""
    assert workshop.built() == 1


def test_an_old_go_is_passed_over_for_one_in_the_cache(workshop: Workshop) -> None:
    workshop.go("1.26.7")
    workshop.go("1.27.1", folder=cache_directory() / "go-1.26.8" / "bin")
    build(workshop.sources)
    assert workshop.calls.read_text().startswith("1.27.1 build")


# ---------------------------------------------------------------------------------------------------- life and end


def test_a_restart_keeps_data_port_and_token(control_plane: ControlPlane) -> None:
    url, token = control_plane.url, control_plane.admin_token
    name = control_plane.namespace()
    control_plane.restart()
    assert (control_plane.url, control_plane.admin_token) == (url, token)
    assert control_plane.run("get", "namespace", name, "--output=name") == f"namespace/{name}\n"
    control_plane.stop()
    assert not serves(url)
    control_plane.start()
    control_plane.kill()
    assert not serves(url)
    control_plane.start()
    assert control_plane.run("get", "namespace", name, "--output=name") == f"namespace/{name}\n"


def test_a_service_account_may_do_what_its_rules_say(cluster: Cluster, namespace: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "create"]}]
    file = cluster.service_account(namespace, rules)
    account = Cluster(file, cluster.kubectl, cluster.scratch)
    assert file.stat().st_mode & 0o077 == 0
    for verb, allowed in {"list": True, "create": True, "get": False, "delete": False}.items():
        command = [cluster.kubectl, "--kubeconfig", file, "--namespace", namespace, "auth", "can-i", verb, "secrets"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.stdout.strip() == ("yes" if allowed else "no")
    assert account.url == cluster.url


@pytest.fixture
def no_cluster_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EPINIO_TEST_KUBECONFIG", raising=False)


@pytest.fixture
def launcher(no_cluster_given: None) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The launcher with a command that would go on for ever, and the kubeconfig that this was given."""
    command = [*LAUNCHER, "--", "sh", "-c", 'echo "$K8S_AUTH_KUBECONFIG"; echo $$; exec sleep 300']
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        kubeconfig, pid = Path(process.stdout.readline().strip()), int(process.stdout.readline())
        try:
            yield process, kubeconfig
        finally:
            process.kill()
            if process.returncode == -signal.SIGKILL:  # then the launcher could not end its command
                os.kill(pid, signal.SIGKILL)


def address(kubeconfig: Path) -> str:
    return Cluster(kubeconfig, Path("kubectl"), kubeconfig.parent).url


def test_a_killed_launcher_takes_its_server_along(launcher: tuple[subprocess.Popen[str], Path]) -> None:
    process, kubeconfig = launcher
    url = address(kubeconfig)
    assert serves(url)
    process.kill()
    process.wait()
    assert eventually(lambda: not serves(url))
    assert kubeconfig.exists()
    with state_directory():
        assert not kubeconfig.parent.exists(), "the next start takes away what a killed one left"


def test_a_terminated_launcher_ends_all_and_leaves_nothing(launcher: tuple[subprocess.Popen[str], Path]) -> None:
    process, kubeconfig = launcher
    url = address(kubeconfig)
    process.terminate()
    assert process.wait(SECONDS) == 128 + signal.SIGTERM
    assert not serves(url)
    assert not kubeconfig.parent.exists()


def test_a_state_in_use_is_left_alone() -> None:
    with state_directory() as one, state_directory() as other:
        assert one.exists()
        assert other.exists()
    assert not one.exists()


def test_the_command_gets_the_cluster_and_gives_its_exit_code(cluster: Cluster, tmp_path: Path) -> None:
    variables = tmp_path / "variables.yml"
    command = [*LAUNCHER, "--variables", str(variables), "--", "sh", "-c", "kubectl get --raw /readyz; env; exit 7"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **cluster.environment, "K8S_AUTH_HOST": "https://production.example.com"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7
    assert ended.stdout.startswith("ok")
    assert f"K8S_AUTH_KUBECONFIG={cluster.kubeconfig}\n" in ended.stdout
    assert "production.example.com" not in ended.stdout, "a user's own cluster is not for tests"
    assert json.loads(variables.read_text()) == cluster.variables


def test_a_given_cluster_must_be_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EPINIO_TEST_KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match=r"EPINIO_TEST_KUBECONFIG=.*none leads to no API server"), open_cluster():
        pass
    assert subprocess.run([*LAUNCHER, "--", "true"], cwd=ROOT, check=False).returncode == 70


@pytest.mark.parametrize(
    ("server", "message"),
    [
        pytest.param(
            "echo no room for etcd; exit 3", r"(?s)ended with 3 before it was ready:\nno room for etcd", id="it ends"
        ),
        pytest.param("exec sleep 300", r"not ready within 1 s; /readyz: .*No such file", id="it is never ready"),
    ],
)
def test_a_server_that_does_not_come_up_says_why(tmp_path: Path, server: str, message: str) -> None:
    command = script(tmp_path / "server", f"#!/bin/sh\n{server}\n")
    with pytest.raises(Unavailable, match=message):
        Server([str(command)], tmp_path, timeout=1).start()


def test_a_port_that_was_taken_meanwhile_is_tried_anew(tmp_path: Path) -> None:
    attempts = tmp_path / "attempts"
    command = script(
        tmp_path / "server",
        f"#!/bin/sh\necho once >> {shlex.quote(str(attempts))}; echo address already in use; exit 1\n",
    )
    with pytest.raises(Unavailable, match="address already in use"):
        Server([str(command)], tmp_path).start()
    assert len(attempts.read_text().splitlines()) == 3


# --------------------------------------------------------------------------------------------- KUBEBUILDER_ASSETS

KUBE_APISERVER = """#!{python}
import http.server, ssl, subprocess, sys
options = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:] if "=" in argument)
folder = options["cert-dir"]
subprocess.run(["mkdir", "-p", folder], check=True)
files = [f"{{folder}}/apiserver.crt", f"{{folder}}/apiserver.key"]
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=local", "-addext",
     "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")
server = http.server.HTTPServer(("127.0.0.1", int(options["secure-port"])), Ready)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*files)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def test_assets_of_the_machine_are_used_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_cluster_given: None
) -> None:
    etcd = tmp_path / "pid"
    script(tmp_path / "etcd", f"#!/bin/sh\necho $$ > {shlex.quote(str(etcd))}; exec sleep 300\n")
    script(tmp_path / "kube-apiserver", KUBE_APISERVER.format(python=sys.executable))
    script(tmp_path / "kubectl", "#!/bin/sh\n")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with open_control_plane() as control_plane:
        url = control_plane.server.url
        assert serves(url)
        assert control_plane.kubectl == tmp_path / "kubectl"
        assert all(file.exists() for file in control_plane.client_ca)
    assert not serves(url)
    with pytest.raises(ProcessLookupError):
        os.kill(int(etcd.read_text()), 0)


def test_assets_must_be_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    script(tmp_path / "etcd", "")
    with pytest.raises(Unavailable, match=r"holds no kube-apiserver$"), open_control_plane():
        pass
