# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a namespace without the collection between: what is there, and everything that happened to it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import ssl
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

import urllib3

from tests.control_plane import Cluster

__all__ = ["Api", "Event", "Secrets", "dangling", "decoded"]

LABEL = "epinio.io/api-export-registry"
JSON = "application/json"
MARK = "mark-of-a-watch-"


@dataclasses.dataclass(frozen=True)
class Event:
    """One event of a watch: ADDED, MODIFIED or DELETED, and the secret as it was then."""

    kind: str
    secret: Mapping[str, Any] = dataclasses.field(repr=False)

    @property
    def name(self) -> str:
        return str(self.secret["metadata"]["name"])

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Api:
    """The API server, asked over raw HTTP as the administrator."""

    def __init__(self, cluster: Cluster) -> None:
        trust = ssl.create_default_context(cadata=cluster.certificate_authority)
        self.pool = urllib3.PoolManager(ssl_context=trust, retries=False, timeout=30)
        self.headers = {"Authorization": f"Bearer {cluster.admin_token}"}
        self.url = f"{cluster.url}/api/v1/namespaces"

    def close(self) -> None:
        self.pool.clear()

    def send(self, method: str, path: str = "", body: Any = None, *, content: str = JSON) -> Any:
        """Send one request below namespaces, and return the answer; an error of the API server is one here."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": content}
        response = self.pool.request(method, self.url + path, body=data, headers=headers)
        if response.status >= 300:
            raise AssertionError(f"{method} {path}: {response.status} {response.data.decode()}")
        return json.loads(response.data)

    def namespace(self) -> str:
        """Make a new namespace and return its name."""
        name = f"acc-{token_hex(4)}"
        self.send("POST", body={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name


class Secrets:
    """The secrets of one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.namespace = namespace
        self._api = api
        self._path = f"/{namespace}/secrets"

    def send(self, method: str, path: str = "", body: Any = None, *, content: str = JSON) -> Any:
        """Send one request below the secrets of the namespace."""
        return self._api.send(method, self._path + path, body, content=content)

    def all(self) -> dict[str, Any]:
        """Return all secrets by name."""
        return {secret["metadata"]["name"]: secret for secret in self.send("GET")["items"]}

    def get(self, name: str) -> Any:
        return self.send("GET", f"/{name}")

    def create(self, *bodies: Mapping[str, Any], manager: str = "somebody") -> None:
        """Create secrets; a body of the unit tests' builders is moved to this namespace."""
        for body in bodies:
            metadata = {**body["metadata"], "namespace": self.namespace}
            self.send("POST", f"?fieldManager={manager}", {**body, "metadata": metadata})

    def patch(self, name: str, change: Mapping[str, Any]) -> None:
        """Change a secret as `kubectl patch` does."""
        self.send("PATCH", f"/{name}", change, content="application/merge-patch+json")

    def delete(self, name: str) -> None:
        self.send("DELETE", f"/{name}")

    def delete_if_there(self, name: str) -> None:
        """Delete a secret that somebody else may delete at the same time."""
        with contextlib.suppress(AssertionError):
            self.delete(name)

    def clear(self) -> None:
        """Delete every secret."""
        self.send("DELETE")

    def versions(self) -> dict[str, tuple[str, str]]:
        """Return what changes with every write, by name: uid and resourceVersion."""
        metadata = {name: secret["metadata"] for name, secret in self.all().items()}
        return {name: (one["uid"], one["resourceVersion"]) for name, one in metadata.items()}

    def now(self) -> tuple[dict[str, Any], str]:
        """Return all secrets by name, and the resourceVersion from which on a watch tells what follows."""
        answer = self.send("GET")
        return {one["metadata"]["name"]: one for one in answer["items"]}, answer["metadata"]["resourceVersion"]

    def events(self, since: str) -> list[Event]:
        """Return every event after ``since``, as the API server kept them, up to now."""
        mark = f"{MARK}{token_hex(4)}"
        self.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": mark}})
        self.delete(mark)
        events = []
        url = f"{self._api.url}{self._path}?watch=true&resourceVersion={since}&timeoutSeconds=20"
        response = self._api.pool.request("GET", url, headers=self._api.headers, preload_content=False)
        try:
            for line in _lines(response.stream(65536, decode_content=True)):
                event = Event(line["type"], line["object"])
                assert event.kind != "ERROR", line
                if event.name == mark:
                    return events
                if not event.name.startswith(MARK):
                    events.append(event)
        finally:
            response.close()
        raise AssertionError(f"the watch ended before it came to {mark}, after {len(events)} events")


def _lines(chunks: Iterable[bytes]) -> Iterable[Any]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from map(json.loads, whole)


def decoded(secret: Mapping[str, Any], key: str) -> str:
    """Return the value of a data key as text; empty where there is none."""
    return base64.b64decode((secret.get("data") or {}).get(key, "")).decode()


def dangling(before: Mapping[str, Mapping[str, Any]], events: Iterable[Event]) -> list[str]:
    """Replay the events, and return every instant at which a listed destination names a certificate that is not there.

    ``before``: the secrets by name as they were when the watch began.
    """
    there = dict(before)
    found = []
    for number, event in enumerate(events):
        if event.kind == "DELETED":
            there.pop(event.name, None)
        else:
            there[event.name] = event.secret
        for name, secret in there.items():
            listed = (secret["metadata"].get("labels") or {}).get(LABEL) == "true"
            certificate = decoded(secret, "certs") if listed else ""
            if certificate and certificate not in there:
                found.append(f"{number}: after {event}, {name} names {certificate}, which is not there")
    return found
