# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that tells everybody what it was told: the redaction test must notice each way."""

from __future__ import annotations

import tempfile

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(argument_spec={"word": {"type": "str"}}, supports_check_mode=True)
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(module.params["word"])
    module.warn(f"It is {module.params['word']}.")
    module.exit_json(changed=True, told=module.params["word"])


if __name__ == "__main__":
    main()
