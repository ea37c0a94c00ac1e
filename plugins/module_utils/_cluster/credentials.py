# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials that a kubeconfig's plugin prints (C(exec), client.authentication.k8s.io)."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import Case, said
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask

#: Nobody's credentials are longer; bytes.
_LONGEST = 1 << 20
#: So long before its end a credential is taken for expired; seconds.
_EARLY = 60.0


class Plugin:
    """A credential plugin, and what it printed last."""

    def __init__(self, settings: Mapping[str, Any], cluster: Mapping[str, Any], *, timeout: float, mask: Mask) -> None:
        self._settings = settings
        self._cluster = cluster
        self._timeout = timeout
        self._mask = mask
        self._lock = threading.Lock()
        self._expires: float | None = None

    def user(self) -> dict[str, str]:
        """Run it, and return what it printed as an entry of users has it. Raises ClusterError."""
        status = self._status(self._output())
        self._expires = _instant(status.get("expirationTimestamp"))
        token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
        user = {"token": token.strip()} if isinstance(token, str) and token.strip() else {}
        if isinstance(certificate, str) and isinstance(key, str):
            for name, text in (("client-certificate-data", certificate), ("client-key-data", key)):
                user[name] = base64.b64encode(text.encode()).decode()
        if not user:
            raise self._failed("plugin_odd", said="neither a token nor a client certificate with its key")
        self._mask.learn([*user.values(), *(key.splitlines() if isinstance(key, str) else ())])
        return user

    def refresh(self, configuration: Any) -> None:
        """Put a new token into the client's configuration where the last one expires."""
        with self._lock:
            if self._expires is not None and time.time() >= self._expires - _EARLY:
                token = self.user().get("token")
                if token:
                    configuration.api_key["BearerToken"] = f"Bearer {token}"

    def _output(self) -> bytes:
        command, *arguments = self._command()
        try:
            # A worker has no AnsibleModule, whose run_command sets no limit to time and size either.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                [command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(),
                start_new_session=True,  # so that whatever it starts ends with it
            )
        except (OSError, ValueError) as error:
            hint = self._settings.get("installHint")
            reason = getattr(error, "strerror", None) or type(error).__name__
            more = f" {self._mask.quote(str(hint))}" if hint else ""
            raise self._failed("plugin_missing", reason=reason, hint=more) from None
        with process, _ended(process):
            output, errors = self._read(process)
            try:
                status = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                raise self._failed("plugin_endless", timeout=self._timeout) from None
        if status:
            lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
            last = self._mask.quote(lines[-1], 300) if lines else "nothing"
            raise self._failed("plugin_failed", status=status, last=last.rstrip("."))
        return output

    def _command(self) -> list[str]:
        command, arguments = self._settings.get("command"), self._settings.get("args")
        return [str(command or ""), *map(str, arguments if isinstance(arguments, list) else ())]

    def _environment(self) -> dict[str, str]:
        variables = self._settings.get("env")
        spec: dict[str, Any] = {"interactive": False}
        if self._settings.get("provideClusterInfo"):
            spec["cluster"] = _for_plugin(self._cluster)
        info = {"apiVersion": self._settings.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
        return {
            **os.environ,
            **{
                str(one["name"]): str(one["value"])
                for one in (variables if isinstance(variables, list) else ())
                if isinstance(one, dict) and "name" in one and "value" in one
            },
            "KUBERNETES_EXEC_INFO": json.dumps(info),
        }

    def _read(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
        """Return what it printed, and what it complained of. Raises ClusterError where it goes on and on."""
        end = time.monotonic() + self._timeout
        texts = {stream.fileno(): bytearray() for stream in (process.stdout, process.stderr) if stream is not None}
        with selectors.DefaultSelector() as selector:
            for number in texts:
                selector.register(number, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(max(end - time.monotonic(), 0))
                if not ready or time.monotonic() >= end:
                    raise self._failed("plugin_endless", timeout=self._timeout)
                for key, _events in ready:
                    part = os.read(key.fd, 1 << 16)
                    if not part:
                        selector.unregister(key.fd)
                    texts[key.fd] += part
                    if len(texts[key.fd]) > _LONGEST:
                        raise self._failed("plugin_odd", said=f"more than {_LONGEST >> 20} MiB")
        output, errors = texts.values()
        return bytes(output), bytes(errors)

    def _status(self, output: bytes) -> Mapping[str, Any]:
        wanted = self._settings.get("apiVersion")
        try:
            credential = json.loads(output)
        except (ValueError, RecursionError):
            raise self._failed("plugin_odd", said="no JSON" if output.strip() else "nothing") from None
        if not isinstance(credential, dict) or credential.get("kind") != "ExecCredential":
            raise self._failed("plugin_odd", said="no ExecCredential")
        if credential.get("apiVersion") != wanted:
            version = self._mask.quote(str(credential.get("apiVersion")), 100)
            raise self._failed("plugin_version", version=version, wanted=self._mask.quote(str(wanted), 100))
        status = credential.get("status")
        return status if isinstance(status, dict) else {}

    def _failed(self, case: Case, **fields: Any) -> ClusterError:
        return ClusterError(said(case, command=self._mask.quote(self._command()[0] or "(none)", 300), **fields))


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let nothing go on that a process began, where it is left before its end."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        raise


def _for_plugin(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cluster as KUBERNETES_EXEC_INFO has it, with the extension that is the plugin's own."""
    extensions = cluster.get("extensions")
    own = [
        one.get("extension")
        for one in (extensions if isinstance(extensions, list) else ())
        if isinstance(one, dict) and one.get("name") == "client.authentication.k8s.io/exec"
    ]
    return {**cluster, **({"config": own[0]} if own else {})}


def _instant(timestamp: Any) -> float | None:
    """Return an RFC 3339 time as seconds of the clock, or none where it is none."""
    try:
        return datetime.datetime.fromisoformat(str(timestamp).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
