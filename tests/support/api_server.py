# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small API server on loopback that can be told to misbehave; tests/acceptance has the real one."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse

STATUS = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}


class ApiServer:
    """Secrets of the namespace ``epinio`` in memory, and a queue of faults.

    ``faults``: callables that take (method, path) and return None, or what to answer instead: (status, headers, body),
    where a ``message`` alone stands for a whole Status; or ``"cut"`` to close the connection without an answer,
    or ``"lost"`` to do the work first and then close it.
    """

    def __init__(self):
        self.secrets = {}
        self.faults = []
        self.requests = []
        self.headers = []
        self._version = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def store(self, raw):
        with self._lock:
            self._store(raw)

    def _store(self, raw):
        self._version += 1
        name = raw["metadata"]["name"]
        uid = raw["metadata"].get("uid") or f"uid-{self._version}"
        raw["metadata"].update(uid=uid, resourceVersion=str(self._version))
        self.secrets[name] = {"kind": "Secret", "apiVersion": "v1", **raw}
        return self.secrets[name]

    def writes(self):
        return [request for request in self.requests if request[0] != "GET"]

    def answer(self, method, url, headers, body):  # noqa: C901 - one branch a verb
        """Return status and object for a request."""
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        path = [urllib.parse.unquote(part) for part in parts.path.split("/")[4:]]
        with self._lock:
            if path == ["epinio"]:
                return 200, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "epinio"}}
            if path[0] != "epinio":
                return (
                    _no("namespaces", path[0])
                    if len(path) == 1 or method == "POST"
                    else (200, _page("SecretList", [], ""))
                )
            name = path[2] if len(path) == 3 else None
            if method == "GET" and name is None:
                return 200, self._list(query, "PartialObjectMetadataList" in headers.get("Accept", ""))
            if method == "POST":
                if body["metadata"]["name"] in self.secrets:
                    return 409, {**STATUS, "message": "already exists"}
                return 201, self._store(body)
            if name not in self.secrets:
                return _no("secrets", name)
            stored = self.secrets[name]["metadata"]
            if method == "PUT":
                if body["metadata"]["resourceVersion"] != stored["resourceVersion"]:
                    return 409, {**STATUS, "message": "the object has been modified"}
                return 200, self._store(body)
            if method == "DELETE":
                if any(stored[key] != value for key, value in body["preconditions"].items()):
                    return 409, {**STATUS, "message": "precondition failed"}
                if stored.get("finalizers"):
                    stored.setdefault("deletionTimestamp", "2026-01-02T03:04:05Z")
                    return 200, self._store(self.secrets[name])
                return 200, self.secrets.pop(name)
            return 200, self.secrets[name]

    def _list(self, query, metadata_only):
        wanted = [part for part in query.get("labelSelector", "").split(",") if part]
        names = sorted(
            name
            for name, raw in self.secrets.items()
            for labels in [raw["metadata"].get("labels") or {}]
            if all((part[1:] not in labels) if part.startswith("!") else (part in labels) for part in wanted)
        )
        start = int(query.get("continue", 0))
        end = start + int(query["limit"])
        token = str(end) if end < len(names) else ""
        items = [self.secrets[name] for name in names[start:end]]
        if metadata_only:
            return _page("PartialObjectMetadataList", [{"metadata": item["metadata"]} for item in items], token)
        bare = [{key: value for key, value in item.items() if key not in STATUS} for item in items]
        return _page("SecretList", bare, token)


def _page(kind, items, token):
    return {"kind": kind, "items": items, "metadata": {"continue": token}}


def _no(kind, name):
    return 404, {**STATUS, "message": f'{kind} "{name}" not found', "details": {"kind": kind, "name": name}}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0]
        self.api.requests.append((self.command, path))
        self.api.headers.append(dict(self.headers.items()))
        fault = next((said for fault in list(self.api.faults) if (said := fault(self.command, path)) is not None), None)
        if fault == "cut":
            self.close_connection = True
            return
        if isinstance(fault, tuple):
            status, headers, answer = fault
            if isinstance(answer, dict) and answer.keys() == {"message"}:
                answer = {**STATUS, "details": {"kind": "secrets"}, **answer}
        else:
            (status, answer), headers = self.api.answer(self.command, self.path, self.headers, body), {}
        if fault == "lost":
            self.close_connection = True
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - named by the standard library

    def log_message(self, *_arguments):
        """Say nothing."""


def options(host, **more):
    """Return the options that lead to a server."""
    return {"host": host, "api_key": "t0ken", "namespace": "epinio", "timeout": 2.0, **more}


def once(method, answer, *, skip=0, times=1):
    """Return a fault that answers ``times`` requests of one method, after the first ``skip``."""
    lock = threading.Lock()
    seen = [0]

    def fault(asked, _path):
        with lock:
            if asked != method:
                return None
            seen[0] += 1
            return answer if skip < seen[0] <= skip + times else None

    return fault
