// Copyright (c) 2026, The epinio.registries contributors
// SPDX-License-Identifier: GPL-3.0-or-later

module go-certificates

go 1.26
