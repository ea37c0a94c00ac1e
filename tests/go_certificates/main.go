// Copyright (c) 2026, The epinio.registries contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command go-certificates says which certificates Go takes. Each line that it reads is base64: of DER, or behind a
// minus of a PEM text. It answers each with a line: how many certificates Go's pool takes from it, and the error.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		text, isPEM := strings.CutPrefix(lines.Text(), "-")
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			panic(err)
		}
		if isPEM {
			fmt.Fprintln(out, taken(data))
		} else if _, err := x509.ParseCertificate(data); err != nil {
			fmt.Fprintf(out, "0 %q\n", err)
		} else {
			fmt.Fprintln(out, 1)
		}
	}
}

// taken counts as x509.CertPool.AppendCertsFromPEM does, which says of a bundle only whether there is one at all.
func taken(data []byte) int {
	count := 0
	for rest := data; len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" && len(block.Headers) == 0 && x509.NewCertPool().AppendCertsFromPEM(pem.EncodeToMemory(block)) {
			count++
		}
	}
	if x509.NewCertPool().AppendCertsFromPEM(data) != (count > 0) {
		panic("the pool takes something else")
	}
	return count
}
