// Copyright (c) 2026, The epinio.registries contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// kubectl, of the same version as the API server that it talks to in the tests.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
