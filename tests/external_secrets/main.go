// Copyright (c) 2026, The epinio.registries contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// External Secrets' own template engine: each line of the input is a template with the data of a store, each line of
// the output is what it renders, or its error.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	esapi "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	template "github.com/external-secrets/external-secrets/pkg/template/v2"
	corev1 "k8s.io/api/core/v1"
)

type asked struct {
	Data, Labels, Annotations, Store map[string]string
}

func asBytes(texts map[string]string) map[string][]byte {
	all := make(map[string][]byte, len(texts))
	for key, text := range texts {
		all[key] = []byte(text)
	}
	return all
}

func render(question asked) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	store := asBytes(question.Store)
	for target, texts := range map[esapi.TemplateTarget]map[string]string{
		esapi.TemplateTargetData:        question.Data,
		esapi.TemplateTargetLabels:      question.Labels,
		esapi.TemplateTargetAnnotations: question.Annotations,
	} {
		if err := template.Execute(asBytes(texts), store, esapi.TemplateScopeValues, target, secret); err != nil {
			return nil, err
		}
	}
	return secret, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	output := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var question asked
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			log.Fatal(err)
		}
		secret, err := render(question)
		answer := map[string]any{"secret": secret}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		if err := output.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
}
