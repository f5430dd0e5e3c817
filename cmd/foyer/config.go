package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Data is the one flag that every command takes.
type Data struct {
	Data string `help:"The data folder." default:"./data" env:"FOYER_DATA" type:"path"`
}

// Config is everything that foyer serve can be told, by flag or by environment.
type Config struct {
	Data

	Listen       string `help:"Address for browsers." default:"127.0.0.1:8080" env:"FOYER_LISTEN"`
	PublicURL    string `help:"The address people see, like https://meet.example.org." env:"FOYER_PUBLIC_URL"`
	MediaPort    int    `help:"Port for sound and pictures, UDP and TCP. 0 takes any free one." default:"7882" env:"FOYER_MEDIA_PORT"`
	MediaAddress string `help:"Addresses for sound and pictures, comma separated, instead of those that Foyer finds." env:"FOYER_MEDIA_ADDRESS"`
	Config       string `help:"Where the off-site copy goes; default litestream.yml beside the data, else built in." env:"FOYER_CONFIG" type:"path"`

	SMTP            string  `name:"smtp" help:"Mail server, smtp://user:pass@host:port or smtps://…, or @FILE with that." env:"FOYER_SMTP"`
	MailFrom        string  `help:"Sender of mails, like 'Foyer <events@example.org>'; default foyer@ the public name." env:"FOYER_MAIL_FROM"`
	MailDir         string  `help:"Write mails as .eml files into this folder instead; default mail in the data folder." env:"FOYER_MAIL_DIR" type:"path"`
	MailRate        float64 `help:"Mails per second at most; default 10 to a mail server." env:"FOYER_MAIL_RATE"`
	MailConnections int     `help:"Connections to the mail server; default 2." env:"FOYER_MAIL_CONNECTIONS"`
	DKIMKey         string  `name:"dkim-key" help:"Key that signs mails (DKIM), @FILE." env:"FOYER_DKIM_KEY"`
	DKIMSelector    string  `name:"dkim-selector" help:"Name of its DNS record." env:"FOYER_DKIM_SELECTOR"`

	TLSCert string `name:"tls-cert" help:"Certificate file (PEM)." env:"FOYER_TLS_CERT"`
	TLSKey  string `name:"tls-key" help:"Its key file (PEM), with or without @." env:"FOYER_TLS_KEY"`
	TLSACME bool   `name:"tls-acme" help:"Get a certificate for the public URL's name by itself (ACME)." env:"FOYER_TLS_ACME"`

	TrustedProxy []string      `help:"Networks (CIDR) of proxies whose X-Forwarded headers are believed." env:"FOYER_TRUSTED_PROXY" sep:","`
	Contact      string        `help:"Address that door and error pages name." env:"FOYER_CONTACT"`
	ClockOffset  time.Duration `help:"Shift the clock; for tests and drills." env:"FOYER_CLOCK_OFFSET"`
	Dev          bool          `help:"Assets from disk, louder log." env:"FOYER_DEV"`

	Node          string   `help:"Name of this node in a cluster." env:"FOYER_NODE"`
	NodeURL       string   `name:"node-url" help:"This node's own address for browsers." env:"FOYER_NODE_URL"`
	ClusterListen string   `help:"Address for other nodes." env:"FOYER_CLUSTER_LISTEN"`
	Join          []string `help:"Nodes to join." env:"FOYER_JOIN" sep:","`
	ClusterKey    string   `help:"Shared key of the cluster, @file." env:"FOYER_CLUSTER_KEY"`
	Witness       bool     `help:"Vote, but serve no pages." env:"FOYER_WITNESS"`
}

// wrongUsage is an error that the operator mends by calling again: exit code 2.
type wrongUsage struct{ error }

func usage(format string, a ...any) error { return wrongUsage{fmt.Errorf(format, a...)} }

// check refuses what cannot work before anything is opened.
func (c Config) check() error {
	switch {
	case c.Node != "" || c.NodeURL != "" || c.ClusterListen != "" || len(c.Join) > 0 || c.ClusterKey != "" || c.Witness:
		return usage("this version runs on one machine: leave out --node, --node-url, --cluster-listen, --join, --cluster-key and --witness")
	case c.SMTP != "" && c.PublicURL == "":
		return usage("--smtp needs --public-url, so that links in mails lead somewhere")
	case c.SMTP != "" && c.MailDir != "":
		return usage("use either --smtp or --mail-dir, not both")
	case c.MailRate < 0 || c.MailConnections < 0:
		return usage("--mail-rate and --mail-connections are not below zero")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return usage("--tls-cert and --tls-key go together")
	case c.TLSACME && c.TLSCert != "":
		return usage("use either --tls-acme or --tls-cert, not both")
	case c.TLSACME && c.PublicURL == "":
		return usage("--tls-acme needs --public-url to know the name")
	case c.MediaPort < 0 || c.MediaPort > 65535:
		return usage("--media-port is a number from 0 to 65535")
	}
	_, err := c.public()
	if err != nil {
		return err
	}
	_, err = c.proxies()
	return err
}

func (c Config) public() (*url.URL, error) {
	if c.PublicURL == "" {
		return nil, nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, usage("--public-url looks like https://meet.example.org, without a path")
	}
	return u, nil
}

func (c Config) proxies() (list []netip.Prefix, err error) {
	for _, s := range c.TrustedProxy {
		p, err := netip.ParsePrefix(strings.TrimSpace(s))
		if err != nil {
			return nil, usage("--trusted-proxy takes networks like 10.0.0.0/8; %q is none", s)
		}
		list = append(list, p)
	}
	return list, nil
}

// litestream reads the file that says where the off-site copy goes: the one named, else the one beside the data, else
// the built-in one.
func litestreamFile(named, data string, builtIn []byte) ([]byte, error) {
	if named != "" {
		b, err := os.ReadFile(named)
		if err != nil {
			return nil, usage("--config: %v", err)
		}
		return b, nil
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(data), "litestream.yml"))
	if errors.Is(err, os.ErrNotExist) {
		return builtIn, nil
	}
	return b, err
}
