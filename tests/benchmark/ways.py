# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written, and the ways to write it."""

from __future__ import annotations

import base64
import copy
import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

Destination = Mapping[str, Any]


def destinations(count: int) -> list[dict[str, Any]]:
    """Return valid destinations, each with a password and a certificate (1.1 KB of PEM) of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.datetime.now(datetime.timezone.utc)

    def authority(number: int) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Authority {number}")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number + 1)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    return [
        {
            "name": f"destination-{number:04}",
            "registry": f"registry-{number % 50}.example.com",
            "organization": "team",
            "registry_username": "robot",
            "registry_password": f"pa55word-{number:04}",
            "certificate": authority(number),
        }
        for number in range(count)
    ]


def with_one_password_changed(items: Sequence[Destination]) -> list[dict[str, Any]]:
    """Return the same destinations, but for one password."""
    changed = [dict(copy.copy(item)) for item in items]
    changed[len(changed) // 2]["registry_password"] += "-new"
    return changed


def secrets(items: Sequence[Destination], namespace: str) -> list[dict[str, Any]]:
    """Return the same destinations as Kubernetes objects, as people write them for other tools."""

    def secret(name: str, data: Mapping[str, str], **metadata: Any) -> dict[str, Any]:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        metadata = {"name": name, "namespace": namespace, **metadata}
        return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": encoded}

    objects = []
    for item in items:
        username, password = item["registry_username"], item["registry_password"]
        entry = {
            "auth": base64.b64encode(f"{username}:{password}".encode()).decode(),
            "username": username,
            "password": password,
        }
        certificate = f"{item['name']}-certificate"
        objects.append(secret(certificate, {"tls.crt": item["certificate"]}))
        objects.append(
            secret(
                item["name"],
                {".dockerconfigjson": json.dumps({"auths": {item["registry"]: entry}}), "certs": certificate},
                labels={"epinio.io/api-export-registry": "true"},
                annotations={"epinio.io/registry-namespace": item["organization"]},
            )
        )
    return objects


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to write destinations: its name in the table, and the command for a folder that `write` has filled."""

    name: str
    write: Callable[[Path, Sequence[Destination], str], None]
    command: Callable[[Path, bool], Sequence[str]]
    #: The largest N that is worth the time, unless --slow is given; none for no limit.
    largest: int | None = None


def _play(folder: Path, tasks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]) -> None:
    (folder / "variables.yml").write_text(yaml.safe_dump(dict(variables)))
    play = {"hosts": "all", "gather_facts": False, "vars_files": ["variables.yml"], "tasks": list(tasks)}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    (folder / "inventory.yml").write_text(
        "all: {hosts: {localhost: {ansible_connection: local, "
        "ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
    )


def _playbook(folder: Path, check_mode: bool) -> Sequence[str]:
    check = ["--check"] if check_mode else []
    return ["ansible-playbook", "-i", str(folder / "inventory.yml"), str(folder / "play.yml"), *check]


def _ours(**keywords: Any) -> Callable[[Path, Sequence[Destination], str], None]:
    def write(folder: Path, items: Sequence[Destination], namespace: str) -> None:
        arguments = {"destinations": "{{ destinations }}", "namespace": namespace}
        task = {"epinio.registries.export_registries": arguments, **keywords}
        _play(folder, [task], {"destinations": list(items)})

    return write


def _k8s(arguments: Mapping[str, Any], **keywords: Any) -> Callable[[Path, Sequence[Destination], str], None]:
    def write(folder: Path, items: Sequence[Destination], namespace: str) -> None:
        task = {"kubernetes.core.k8s": dict(arguments), **keywords}
        _play(folder, [task], {"objects": secrets(items, namespace)})

    return write


def _floor(tasks: Sequence[Mapping[str, Any]]) -> Callable[[Path, Sequence[Destination], str], None]:
    def write(folder: Path, items: Sequence[Destination], _namespace: str) -> None:
        _play(folder, tasks, {"destinations": list(items)})

    return write


def _manifest(folder: Path, items: Sequence[Destination], namespace: str) -> None:
    objects = {"apiVersion": "v1", "kind": "List", "items": secrets(items, namespace)}
    (folder / "objects.json").write_text(json.dumps(objects))


def _kubectl(*options: str) -> Callable[[Path, bool], Sequence[str]]:
    def command(folder: Path, check_mode: bool) -> Sequence[str]:
        check = ["--dry-run=server"] if check_mode else []
        return ["kubectl", "apply", *options, *check, "-f", str(folder / "objects.json")]

    return command


#: With a variable that Python reads when it starts, the action plugin executes the module.
AS_A_MODULE: Mapping[str, Any] = {"environment": {"PYTHONUNBUFFERED": "1"}}

#: What any play takes, and any task: the variables are loaded once more than in an empty play, and a worker is forked.
FLOORS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "empty play": [],
    "task that does nothing": [{"ansible.builtin.assert": {"that": [True]}}],
    "ping": [{"ansible.builtin.ping": {}}],
}
OURS = Way("export_registries", _ours(), _playbook)
MODULE = Way("export_registries as a module", _ours(**AS_A_MODULE), _playbook)
LIST_TASK = Way("kubernetes.core.k8s, one task", _k8s({"definition": "{{ objects }}"}), _playbook)
LOOP = Way("kubernetes.core.k8s, loop", _k8s({"definition": "{{ item }}"}, loop="{{ objects }}"), _playbook, largest=10)
CLIENT_SIDE = Way("kubectl apply", _manifest, _kubectl(), largest=100)
SERVER_SIDE = Way("kubectl apply --server-side", _manifest, _kubectl("--server-side", "--force-conflicts"), largest=100)

ONE = (
    *(Way(name, _floor(tasks), _playbook) for name, tasks in FLOORS.items()),
    *(OURS, MODULE, LIST_TASK, LOOP, CLIENT_SIDE, SERVER_SIDE),
)
