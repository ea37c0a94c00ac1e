# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a port of loopback that takes connections and never answers, and the process to end afterwards."""

from __future__ import annotations

import os
import socket
import time

server = socket.create_server(("127.0.0.1", 0))
child = os.fork()
if child:
    print(server.getsockname()[1], child)  # noqa: T201
else:
    os.setsid()
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    time.sleep(300)  # whatever happens to those who asked for it
