# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the kube-apiserver and etcd of `KUBEBUILDER_ASSETS` with the same options and state as our own `control-plane`.

    python _assets.py ASSETS -dir STATE [-port N] [-watch-stdin]

Keys and certificates are made with `openssl`. Without `-watch-stdin` it runs until a signal ends it.
"""

from __future__ import annotations

import argparse
import ctypes
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{{name: local, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority: "{certificate}"}}}}]
users: [{{name: admin, user: {{token: "{token}"}}}}]
contexts: [{{name: local, context: {{cluster: local, user: admin}}}}]
current-context: local
"""
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Start both, and end both with whichever comes first: the end of one, of standard input, or a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("assets", type=Path)
    parser.add_argument("-dir", type=Path, required=True)
    parser.add_argument("-port", type=int, default=0)
    parser.add_argument("-watch-stdin", action="store_true")
    options = parser.parse_args()
    state = options.dir.resolve()
    port = options.port or _free_port()
    commands = _commands(options.assets, state, port)
    children: list[subprocess.Popen[bytes]] = []
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.watch_stdin:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    try:
        children += [
            subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent) for command in commands
        ]
        while not stop.wait(0.2):
            if any(child.poll() is not None for child in children):
                return 1
        return 0
    finally:
        for child in children:
            child.kill()  # the state is throwaway, and survives that as well
            child.wait()


def _wait_for_end_of_input(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def _commands(assets: Path, state: Path, port: int) -> list[list[str]]:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing_key, client_ca = state / "service-account.key", state / "client-ca.crt"
    if not client_ca.exists():
        _openssl("genrsa", "-out", str(signing_key), "2048")
        _openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=client-ca"),
            *("-keyout", str(state / "client-ca.key"), "-out", str(client_ca)),
        )
    tokens = state / "tokens.csv"
    if not tokens.exists():
        _write(tokens, f"{secrets.token_hex(16)},admin,admin,system:masters\n")
    certificates = state / "certs"
    token = tokens.read_text().partition(",")[0]
    _write(
        state / "kubeconfig",
        KUBECONFIG.format(port=port, certificate=certificates / "apiserver.crt", token=token),
    )
    client, peer = (f"http://127.0.0.1:{_free_port()}" for _member in range(2))
    return [
        [
            str(assets / "etcd"),
            f"--data-dir={state / 'etcd'}",
            "--log-level=error",
            "--unsafe-no-fsync",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ],
        [
            str(assets / "kube-apiserver"),
            f"--etcd-servers={client}",
            f"--cert-dir={certificates}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={signing_key}",
            f"--service-account-signing-key-file={signing_key}",
            f"--token-auth-file={tokens}",
            f"--client-ca-file={client_ca}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
        ],
    ]


def _openssl(*arguments: str) -> None:
    command = shutil.which("openssl")
    if not command:
        sys.exit("KUBEBUILDER_ASSETS needs the openssl command, to make keys")
    subprocess.run([command, *arguments], check=True, capture_output=True)


def _write(file: Path, content: str) -> None:
    file.touch(mode=0o600)
    file.write_text(content)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
