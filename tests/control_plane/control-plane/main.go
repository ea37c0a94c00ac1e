// Copyright (c) 2026, The epinio.registries contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// A throwaway Kubernetes control plane in one process: an embedded etcd and the real kube-apiserver.
//
//	control-plane -dir STATE [-port N] [-watch-stdin]
//
// It writes STATE/kubeconfig (a cluster-admin's token) and serves on 127.0.0.1 until SIGTERM, or until its standard
// input closes when -watch-stdin is given, so that a test run that dies takes it along. Ready when GET /readyz says ok.
// Started again on the same STATE and port, it has the same data, token and keys. Client certificates that
// STATE/client-ca.crt has signed are accepted (common name = user, organization = group).
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}}]
users: [{name: admin, user: {token: "%s"}}]
contexts: [{name: local, context: {cluster: local, user: admin}}]
current-context: local
`

func main() {
	dir := flag.String("dir", "", "state directory; kept, so a restart finds its data again")
	port := flag.Int("port", 0, "port of the API server; 0 picks a free one")
	watchStdin := flag.Bool("watch-stdin", false, "stop when standard input closes")
	flag.Parse()
	if *dir == "" {
		log.Fatal("-dir is required")
	}
	state, err := filepath.Abs(*dir)
	must(err)
	must(os.MkdirAll(state, 0o700))
	if *port == 0 {
		*port = freePort()
	}

	etcd := startEtcd(filepath.Join(state, "etcd"))
	token, tokens := adminToken(state)
	signingKey, _ := privateKey(filepath.Join(state, "service-account.key"))
	certs := filepath.Join(state, "certs")
	write(filepath.Join(state, "kubeconfig"), fmt.Sprintf(kubeconfig, *port, filepath.Join(certs, "apiserver.crt"), token))
	if *watchStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}

	command := app.NewAPIServerCommand()
	command.SetArgs([]string{
		"--etcd-servers=" + etcd,
		"--cert-dir=" + certs,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", *port),
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + signingKey,
		"--service-account-signing-key-file=" + signingKey,
		"--token-auth-file=" + tokens,
		"--client-ca-file=" + clientCA(state),
		"--authorization-mode=RBAC",
		"--disable-admission-plugins=ServiceAccount",
	})
	os.Exit(cli.Run(command))
}

// startEtcd returns the client URL of an embedded single-member etcd. Writes skip fsync: the data is throwaway.
func startEtcd(dir string) string {
	local := func() []url.URL {
		return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())}}
	}
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	config.ListenClientUrls = local()
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = local()
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	must(err)
	<-server.Server.ReadyNotify()
	return config.ListenClientUrls[0].String()
}

// adminToken returns the cluster-admin's token and the file that the API server reads it from.
func adminToken(dir string) (token, file string) {
	file = filepath.Join(dir, "tokens.csv")
	if old, err := os.ReadFile(file); err == nil {
		return string(old[:32]), file
	}
	random := make([]byte, 16)
	_, err := rand.Read(random)
	must(err)
	token = hex.EncodeToString(random)
	write(file, token+",admin,admin,system:masters\n")
	return token, file
}

// privateKey reads the RSA key in file, or makes one there.
func privateKey(file string) (string, *rsa.PrivateKey) {
	if old, err := os.ReadFile(file); err == nil {
		block, _ := pem.Decode(old)
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		must(err)
		return file, key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	write(file, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	return file, key
}

// clientCA returns the file of a certificate authority for client certificates; its key is beside it.
func clientCA(dir string) string {
	file := filepath.Join(dir, "client-ca.crt")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	_, key := privateKey(filepath.Join(dir, "client-ca.key"))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client-ca"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	write(file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	return file
}

func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func write(file, content string) { must(os.WriteFile(file, []byte(content), 0o600)) }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
