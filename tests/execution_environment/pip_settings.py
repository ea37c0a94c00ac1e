# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How pip is set on this machine, for a pip in a container."""

from __future__ import annotations

import ast
import configparser
import io
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["AUTHORITIES", "as_file", "authorities", "settings"]

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"  # of Debian, in the container too
#: They name files and folders of this machine.
_LOCAL = {"cache-dir", "cert", "client-cert", "constraint", "find-links", "log", "prefix", "requirement", "target"}
_VARIABLES = ":env:"  # where pip lists what the environment says


def settings() -> str:
    """Return the text of a C(pip.conf) that says what the files and variables of this machine say."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return as_file(listed)


def as_file(listed: str) -> str:
    """Return what C(pip config list) prints as a file; variables count before files."""
    written = configparser.RawConfigParser()
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(_VARIABLES)):
        name, _equals, value = line.partition("=")
        section, _dot, option = name.rpartition(".")
        if option not in _LOCAL:
            section = "global" if section == _VARIABLES else section
            written.read_dict({section: {option: ast.literal_eval(value)}})
    file = io.StringIO()
    written.write(file)
    return file.getvalue()


def authorities() -> Path:
    """Return the file of the authorities that this machine trusts."""
    named = (os.environ.get("PIP_CERT"), os.environ.get("SSL_CERT_FILE"), AUTHORITIES)
    return next(Path(file).resolve() for file in named if file and Path(file).is_file())
