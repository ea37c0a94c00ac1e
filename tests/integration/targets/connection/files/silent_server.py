# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a port of loopback that takes connections and never answers, for the next 20 seconds."""

from __future__ import annotations

import os
import socket
import time

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)  # noqa: T201
if os.fork() == 0:
    os.setsid()
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    time.sleep(20)
