# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a fleet: its guide, from three clusters to the alert that fires, and no secret in anything it leaves."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.plays import Play
from tests.acceptance.test_guides import Reader, blocks, commands
from tests.control_plane import Cluster, ControlPlane
from tests.go_builds import Unavailable
from tests.promtool import promtool

ALERTS = Path(__file__).parents[2] / "extensions/prometheus/alerts.yml"
TOKEN = "made-up-token"


class Shelf(http.server.BaseHTTPRequestHandler):
    """A server that keeps what is put there, for those who have the token."""

    kept: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        self._answer(200 if self.path in self.kept else 404, self.kept.get(self.path, b""))

    def do_PUT(self) -> None:
        known = self.path in self.kept
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(204 if known else 201, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@contextmanager
def shelf() -> Iterator[str]:
    """Serve an empty shelf, and give its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        Shelf.kept.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/epinio"
        server.shutdown()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Reader:
    """Somebody with three clusters, of which one does not answer."""
    reader = Reader(tmp_path_factory.mktemp("guide"), control_plane)
    for name in [name for name in reader.environment if "KUBECONFIG" in name]:
        del reader.environment[name]
    config = yaml.safe_load(control_plane.run("config", "view", "--raw", "--minify", "--flatten"))
    [cluster], [context] = config["clusters"], config["contexts"]
    away = {"name": "away", "cluster": {**cluster["cluster"], "server": "https://127.0.0.1:1"}}
    config["clusters"].append(away)
    users = {"production": cluster["name"], "staging": cluster["name"], "edge": "away"}
    config["contexts"] = [
        {"name": name, "context": {**context["context"], "cluster": served}} for name, served in users.items()
    ]
    (reader.folder / "home/.kube").mkdir()
    (reader.folder / "home/.kube/config").write_text(yaml.safe_dump(config))
    control_plane.run("create", "namespace", "epinio")
    control_plane.run("create", "namespace", "epinio-staging")
    config = builders.docker_config("ghcr.invalid", "robot", "s3cret-pass")  # no name below .invalid is ever found
    for namespace, name in (("epinio", "ghcr"), ("epinio-staging", "ghcr"), ("epinio-staging", "intranet")):
        data = {".dockerconfigjson": ""} if name == "intranet" else None
        secret = builders.destination_secret(name, config=config, data=data)
        secret["metadata"]["namespace"] = namespace
        control_plane.apply(secret)
    authority = builders.authority("Company CA", days=5)
    control_plane.apply(builders.certificate_secret("company-ca", authority, managed="shared-certificate"))
    return reader


def test_the_guide(reader: Reader, control_plane: ControlPlane, tmp_path: Path) -> None:
    """Every file is written, every command typed; the report is put on a server, and the alert fires."""
    folder = reader.folder
    documents = []
    with shelf() as url:
        (folder / "reports.yml").write_text(json.dumps({"reports_url": url, "reports_token": TOKEN}))
        for before, language, text in blocks("audit_guide"):
            if language.startswith("yaml"):
                reader.write(before, text)
            elif language == "console":
                for command, _shown in commands(text):
                    ended = reader.run(command)
                    assert ended.returncode == 0, ended.stdout
                    assert "no hosts matched" not in ended.stdout
                    documents.append(json.loads((folder / "audit.json").read_text()))
        put = dict(Shelf.kept)
    up = {one["name"]: one["up"] for one in documents[0]["clusters"]}
    assert up == {"edge": False, "production": True, "staging": True}
    assert documents[0]["changes"] is None
    assert documents[1]["changes"] == []
    plain, asked = ([inner for one in whole["clusters"] for inner in one["destinations"]] for whole in documents[:3:2])
    assert [one["credential"] for one in plain] == ["A", "A", None]
    assert [one["check"] for one in plain] == [None] * 3
    assert [one["check"]["verdict"] for one in asked][:2] == ["unreachable"] * 2
    assert sorted(put) == ["/epinio/audit.html", "/epinio/audit.json"]
    assert json.loads(put["/epinio/audit.json"])["schema"] == 1
    assert b"edge" in put["/epinio/audit.html"]
    assert len(documents) == 7
    assert [one["name"] for one in documents[-1]["clusters"]] == ["edge", "production", "staging"]  # of two slices
    alerts = firing((folder / "epinio_export_registries.prom").read_text(), tmp_path)
    assert alerts["EpinioExportRegistriesClusterDown"] == ["edge"]
    assert alerts["EpinioExportRegistryUnusable"] == ["staging"]  # the last run asked no registry
    assert alerts["EpinioExportRegistriesAuditTooOld"] == []


def test_the_names_of_the_gauges_are_those_of_the_guide(reader: Reader) -> None:
    guide = (Path(__file__).parents[2] / "docs/docsite/rst/audit_guide.rst").read_text()
    text = (reader.folder / "epinio_export_registries.prom").read_text()
    assert set(re.findall(r"^# TYPE (\S+)", text, re.M)) == set(re.findall(r"``(epinio_export_regist\w+_\w+)``", guide))


def firing(gauges: str, folder: Path) -> dict[str, list[str]]:
    """Return the alerts that fire on a textfile, each with its clusters, as promtool says."""
    try:
        tool = promtool()
    except Unavailable as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))
    series = [line.rsplit(" ", 1) for line in gauges.splitlines() if not line.startswith("#")]
    names = [rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    nobody = [{"exp_labels": {"nobody": "expects"}}]  # promtool then shows those that fire
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x5"} for name, value in series],
        "alert_rule_test": [{"eval_time": "5m", "alertname": name, "exp_alerts": nobody} for name in names],
    }
    file = folder / "alerts_test.json"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": [test]}))
    said = subprocess.run([tool, "test", "rules", file], capture_output=True, text=True, check=False)
    parts = re.split(r"alertname: (\w+)", said.stdout + said.stderr)
    got = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: sorted(re.findall(r'cluster="([^"]*)"', got[name].partition("got:")[2])) for name in names}


@pytest.mark.parametrize("environment", [pytest.param({}, id="worker"), pytest.param({"ANY": "thing"}, id="module")])
def test_no_secret_in_anything(
    play: Play, cluster: Cluster, namespace: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    """At -vvvv, with callbacks, logs and files: no password, no key, and nothing that stands for credentials."""
    password = Canary("password")
    for name in ("one", "two"):
        secret = builders.destination_secret(
            name, config=builders.docker_config("registry.invalid", "robot", password.value)
        )
        secret["metadata"]["namespace"] = namespace
        cluster.apply(secret)
    reports = {name: str(tmp_path / f"report.{name}") for name in ("html", "json", "textfile")}
    ran = play(
        {
            "ansible.builtin.include_role": {"name": "epinio.registries.export_registries", "tasks_from": "audit"},
            "vars": {
                "export_registries_namespace": namespace,
                "export_registries_audit_check": True,
                **{f"export_registries_audit_{name}": file for name, file in reports.items()},
            },
        },
        play={"environment": environment},
        arguments=["-vvvv", "--diff"],
        syslog=True,
    )
    document = json.loads(Path(reports["json"]).read_text())
    [found] = document["clusters"]
    assert [one["credential"] for one in found["destinations"]] == ["A", "A"]
    written = {name: Path(file).read_bytes() for name, file in reports.items()}
    told = {"stdout": ran.stdout, "stderr": ran.stderr, "log": ran.log, "syslog": ran.syslog}
    # Callbacks are to hide what is marked so, and those of Ansible and AWX do.
    told["results"] = json.dumps([line for line in ran.results if not line["result"].get("_ansible_no_log")])
    everything = {**written, **{name: text.encode() for name, text in told.items()}, **dict(play.left())}
    assert {str(name): password.found_in(data) for name, data in everything.items() if password.found_in(data)} == {}
    hashed = re.compile(rb'credential[^\n]{0,20}"[0-9a-f]{64}"')
    assert [str(name) for name, data in everything.items() if hashed.search(data)] == []
