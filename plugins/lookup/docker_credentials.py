# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_credentials
author:
  - The epinio.registries contributors (@epinio)
short_description: User name and password of a registry, from a docker config
version_added: 1.0.0
description:
  - Returns the user name and password of a registry from a docker config, so you need no variable for them. A docker config
    is the file that C(podman login) and C(docker login) write. AWX and other tools give it to a run as a file.
  - Keys match as skopeo matches them. The most specific one counts, C(https://) before the host and a path behind it do not
    count, and Docker Hub has several names. If an entry has an C(auth), that counts.
  - If no file has the password, the lookup fails and names registry and file, never a value. That also happens if
    C(credHelpers) or C(credsStore) leave it to a program, and for an C(identitytoken).
  - The file may be encrypted with Ansible Vault.
  - Runs where Ansible runs, as every lookup does.
options:
  _terms:
    description:
      - Registries in canonical form, C(host[:port][/path]).
    type: list
    elements: str
    required: true
  config_file:
    description:
      - The docker config. It must exist, and the lookup reads no other file.
      - Without it, the lookup reads the file that E(REGISTRY_AUTH_FILE) names, or else C(config.json) in the folder that
        E(DOCKER_CONFIG) names. This file must exist, too.
      - Without any of these, the lookup searches podman's and docker's usual places until one has an entry,
        C($XDG_RUNTIME_DIR/containers/auth.json) (or C(/run/containers/UID/auth.json)), then
        C($XDG_CONFIG_HOME/containers/auth.json) (or C(~/.config/containers/auth.json)), C(~/.docker/config.json) and
        C(~/.dockercfg).
    type: path
  missing:
    description:
      - What to do if no docker config has an entry for the registry.
      - V(error) fails. V(empty) returns an empty user name and an empty password.
      - If a named file does not exist, the lookup always fails.
    type: str
    choices: [error, empty]
    default: error
seealso:
  - module: epinio.registries.export_registries
"""

EXAMPLES = r"""
- name: Configure a destination with the credentials that podman login wrote
  epinio.registries.export_registries:
    destinations:
      - name: ghcr
        registry: ghcr.io
        organization: acme/apps
        registry_username: "{{ lookup('epinio.registries.docker_credentials', 'ghcr.io').username }}"
        registry_password: "{{ lookup('epinio.registries.docker_credentials', 'ghcr.io').password }}"
"""

RETURN = r"""
_raw:
  description:
    - For each term, user name and password. They are never read as templates, whatever they hold.
    - Mind where you use it. A task that prints the password prints it.
  type: list
  elements: dict
  contains:
    username:
      description: User name for the registry.
      type: str
      sample: robot
    password:
      description: Password or token for the registry.
      type: str
      sample: made-up
"""

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible.plugins.lookup import LookupBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.epinio.registries.plugins.module_utils._reading import auth_files


class LookupModule(LookupBase):  # type: ignore[misc]
    """Looks credentials up where podman would."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:
        """Return user name and password of each term."""
        self.set_options(var_options=variables, direct=kwargs)
        where = auth_files.places(
            self.get_option("config_file"), os.environ, home=str(Path("~").expanduser()), user=os.getuid()
        )
        missing_is_empty = self.get_option("missing") == "empty"
        try:
            found = auth_files.credentials(terms, where, self._read, missing_is_empty=missing_is_empty)
        except auth_files.Refused as refusal:
            raise AnsibleError(str(refusal)) from None  # a cause could quote the file
        answers = [{"username": entry.username, "password": entry.password} for entry in found]
        return [wrap_var(answer) for answer in answers]

    def _read(self, path: str) -> bytes | None:
        """Return the content of a file, decrypted where Ansible Vault encrypted it; None where there is none."""
        try:
            content, _plain = self._loader._get_file_contents(str(Path(path).absolute()))
        except AnsibleFileNotFound:
            return None
        except AnsibleError as error:
            cause = error.__cause__ or getattr(error, "orig_exc", None)
            raise (cause if isinstance(cause, OSError) else error) from None
        return bytes(content)
