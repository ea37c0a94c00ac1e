# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for AWX's REST API that records what is asked of it, and refuses what AWX 24.6 refuses.

Only what awx.awx needs for the objects of our kit: paged lists, look-ups by name and by related object, associations,
surveys, schedules.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.awx import surveys
from tests.awx.rules import refusals

__all__ = ["Controller", "Request", "open_controller"]

API = "/api/v2/"
TOKEN = "made-up-token"
ENCRYPTED = "$encrypted$"
#: So small that most lists have more than one page.
PAGE = 1

#: What each kind of object has where nobody gives it, None where it must be given. No other field is taken.
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "organizations": {},
    "execution_environments": {"organization": ""},
    "credential_types": {"kind": None, "managed": False, "inputs": {}, "injectors": {}},
    "credentials": {"organization": "", "credential_type": None, "inputs": {}},
    "projects": {
        "organization": "",
        "scm_type": "",
        "scm_url": "",
        "scm_branch": "",
        "scm_update_on_launch": False,
        "scm_revision": "",
    },
    "inventories": {"organization": None, "kind": "", "host_filter": "", "variables": ""},
    "inventory_sources": {
        "inventory": None,
        "source": None,
        "source_path": "",
        "source_project": "",
        "credential": "",
        "execution_environment": "",
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
    },
    "job_templates": {
        "organization": "",
        "inventory": None,
        "project": None,
        "playbook": None,
        "execution_environment": "",
        "job_type": "run",
        "diff_mode": False,
        "job_slice_count": 1,
        "ask_limit_on_launch": False,
        "ask_job_type_on_launch": False,
        "survey_enabled": False,
    },
    "schedules": {"unified_job_template": None, "rrule": None, "enabled": True},
    "project_updates": {"status": "successful"},
}
#: Fields that hold the number of another object.
REFERENCES = {
    "organization": "organizations",
    "execution_environment": "execution_environments",
    "credential_type": "credential_types",
    "inventory": "inventories",
    "project": "projects",
    "source_project": "projects",
    "credential": "credentials",
    "unified_job_template": "job_templates",
}
RRULE = re.compile(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=\w+;INTERVAL=\d+")


class Request(NamedTuple):
    """A request that was to change something: where below /api/v2/, and what was sent."""

    method: str
    path: str
    body: Any


class Refused(Exception):
    """AWX says 400."""


class Controller:
    """Objects, by kind and number."""

    def __init__(self, playbooks: set[str]) -> None:
        """`playbooks`: what the repository of every project holds."""
        self.url = ""
        self.requests: list[Request] = []
        self._playbooks = playbooks
        self._last = 0
        self._objects: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in FIELDS}
        self._surveys: dict[int, Any] = {}
        self._attached: dict[int, list[int]] = {}
        self.add("organizations", name="Default")
        for name in ("Default execution environment", "Another one"):
            self.add("execution_environments", name=name)

    def add(self, what: str, /, **fields: Any) -> dict[str, Any]:
        """Make an object as AWX shows it."""
        self._last += 1
        number = self._last
        url = f"{API}{what}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"} if what == "job_templates" else {}
        made = {**FIELDS[what], "description": "", **fields, "id": number, "url": url, "type": what.rstrip("s")}
        made.update(related=related, summary_fields={})
        if what == "projects":
            update = self.add("project_updates", name="update")
            made["summary_fields"] = {"current_update": {"id": update["id"]}}
        self._objects[what][number] = made
        return made

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return every object of a kind, as the API shows it."""
        return [self._shown(one) for one in self._objects[kind].values()]

    def credentials_of(self, template: str) -> list[str]:
        """Return the names of the credentials of a job template."""
        [number] = [one["id"] for one in self.all("job_templates") if one["name"] == template]
        return [self._objects["credentials"][one]["name"] for one in self._attached.get(number, [])]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Return status and body of an answer."""
        if method != "GET":
            self.requests.append(Request(method, path, body))
        kind, number, below = (*path.strip("/").split("/"), "", "")[:3]
        kind = "job_templates" if kind == "unified_job_templates" else kind
        if kind not in FIELDS or (number and int(number) not in self._objects[kind]):
            return 404, {"detail": "Not found."}
        try:
            if below:
                return self._below(method, int(number), below, query, body)
            if number:
                one = self._objects[kind][int(number)]
                return (200, self._shown(one)) if method == "GET" else (200, self._patched(kind, one, body))
            if method == "GET":
                return 200, self._page(f"{kind}/", self.all(kind), query)
            return 201, self._shown(self.add(kind, **self._checked(kind, body)))
        except Refused as refusal:
            return 400, {"error": str(refusal)}

    def _patched(self, kind: str, one: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        one.update(self._checked(kind, {**{key: one[key] for key in FIELDS[kind]}, **body}))
        return self._shown(one)

    def _below(self, method: str, number: int, below: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Answer for the survey or the credentials of a job template."""
        if below == "survey_spec":
            if method == "POST":
                fault = surveys.refusal(body)
                if fault:
                    raise Refused(fault)
                self._surveys[number] = body
            return 200, self._surveys.get(number, {}) if method == "GET" else None
        attached = self._attached.setdefault(number, [])
        if method == "GET":
            shown = [self._shown(self._objects["credentials"][one]) for one in attached]
            return 200, self._page(f"job_templates/{number}/{below}/", shown, query)
        if body.get("disassociate"):
            attached.remove(body["id"])
            return 204, None
        types = [self._objects["credentials"][one]["credential_type"] for one in [*attached, body["id"]]]
        if len(set(types)) < len(types):
            raise Refused("Cannot assign multiple credentials of one type.")
        attached.append(body["id"])
        return 204, None

    def _checked(self, kind: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is sent to make or change an object; Refused."""
        fields = FIELDS[kind]
        missing = [name for name, default in fields.items() if default is None and body.get(name) in (None, "")]
        unknown = body.keys() - fields.keys() - {"name", "description"}
        if missing or unknown:
            raise Refused(f"{kind}: {missing} missing, {sorted(unknown)} unknown")
        for field, other in REFERENCES.items():
            if body.get(field) and body[field] not in self._objects[other]:
                raise Refused(f"{field}: there is no {body[field]}")
        fault = self._fault(kind, body)
        if fault:
            raise Refused(fault)
        return body

    def _fault(self, kind: str, body: Mapping[str, Any]) -> str | None:
        """Return what AWX has against what the fields of one kind say."""
        if kind == "credential_types":
            return "; ".join(refusals(body)) or None
        if kind == "credentials":
            known = {field["id"] for field in self._inputs(body["credential_type"])}
            return None if body["inputs"].keys() == known else "inputs are those of another type"
        if kind == "inventory_sources":
            of_type = self._objects["credentials"][body["credential"]]["credential_type"]
            cloud = self._objects["credential_types"][of_type]["kind"] == "cloud"
            return None if cloud else "no cloud credential"
        if kind == "job_templates":
            return None if body["playbook"] in self._playbooks else "Playbook not found for project."
        if kind == "schedules":
            return None if RRULE.fullmatch(body["rrule"]) else "rrule is none"
        return None

    def _inputs(self, credential_type: int) -> list[dict[str, Any]]:
        return list(self._objects["credential_types"][credential_type]["inputs"]["fields"])

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        """Return an object without its secrets."""
        if one["type"] != "credential":
            return one
        secret = {field["id"] for field in self._inputs(one["credential_type"]) if field.get("secret")}
        return {**one, "inputs": {key: ENCRYPTED if key in secret else value for key, value in one["inputs"].items()}}

    @staticmethod
    def _page(path: str, objects: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of those that every parameter of the query matches; `or__` matches in one of them."""
        wanted = {name: value for name, value in query.items() if name != "page"}
        exact = {name: value for name, value in wanted.items() if not name.startswith("or__")}
        either = {name[4:]: value for name, value in wanted.items() if name.startswith("or__")}
        found = [
            one
            for one in objects
            if all(str(one[name]) == value for name, value in exact.items())
            and (not either or any(str(one[name]) == value for name, value in either.items()))
        ]
        page = int(query.get("page", "1"))
        last = page * PAGE >= len(found)
        following = None if last else f"{API}{path}?{urlencode({**wanted, 'page': page + 1})}"
        return {"count": len(found), "next": following, "results": found[(page - 1) * PAGE : page * PAGE]}


@contextmanager
def open_controller(playbooks: set[str]) -> Iterator[Controller]:
    """Serve an empty AWX on an address of this machine."""
    controller = Controller(playbooks)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, answer = 401, {"detail": "Authentication credentials were not provided."}
            else:
                query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
                with lock:
                    status, answer = controller.answer(self.command, address.path.removeprefix(API), query, body)
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status, HTTPStatus(status).phrase)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    controller.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield controller
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
