package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"time"

	"foyer/jobs"
	"foyer/mail"
)

// letterGrace is how long letters under way may take when the program ends; App.Close as a whole has ten seconds.
const letterGrace = 8 * time.Second

// mailFolder is where letters become files, "" when a mail server takes them.
func (c Config) mailFolder() string {
	switch {
	case c.SMTP != "":
		return ""
	case c.MailDir != "":
		return c.MailDir
	}
	return filepath.Join(c.Data.Data, "mail")
}

// mailNote is what the dashboard says while nobody has decided where mail goes.
func (c Config) mailNote() string {
	if c.SMTP != "" || c.MailDir != "" {
		return ""
	}
	return "No mail server is set up, so mails do not leave this machine: they lie in " + c.mailFolder() + "."
}

// mailFrom is the service address: as configured, else foyer@ the public name.
func (c Config) mailFrom() (mail.Address, error) {
	if c.MailFrom != "" {
		from, err := mail.ParseFrom(c.MailFrom)
		if err != nil {
			return from, usage("--mail-from: %v", err)
		}
		if from.Name == "" {
			from.Name = "Foyer"
		}
		return from, nil
	}
	public, err := c.public()
	if err != nil {
		return mail.Address{}, err
	}
	if public != nil && net.ParseIP(public.Hostname()) == nil {
		if from, err := mail.ParseFrom("Foyer <foyer@" + public.Hostname() + ">"); err == nil {
			return from, nil
		}
	}
	if c.SMTP != "" {
		return mail.Address{}, usage("--smtp needs --mail-from, because the public address has no name that mail could come from")
	}
	return mail.Address{Name: "Foyer", Address: "foyer@localhost.localdomain"}, nil
}

// mailKey reads what letters are signed with, nil = nothing.
func (c Config) mailKey() (*mail.Key, error) {
	if c.DKIMKey == "" && c.DKIMSelector == "" {
		return nil, nil
	}
	if c.DKIMKey == "" || c.DKIMSelector == "" {
		return nil, usage("--dkim-key @FILE and --dkim-selector go together")
	}
	text, named, err := secretFile("--dkim-key", c.DKIMKey)
	if err != nil {
		return nil, err
	}
	if !named {
		return nil, usage("--dkim-key takes @FILE, so that the key does not stand in the shell's history")
	}
	key, err := mail.ParseKey(text, c.DKIMSelector)
	if err != nil {
		return nil, usage("--dkim-key: %v", err)
	}
	return key, nil
}

// smtp is the address of the mail server, which may lie in a file for the password in it.
func (c Config) smtp() (string, error) {
	text, named, err := secretFile("--smtp", c.SMTP)
	if !named {
		return c.SMTP, nil
	}
	return strings.TrimSpace(string(text)), err
}

// openMail makes what takes letters away; nothing is dialled before there is a letter.
func (a *App) openMail() error {
	from, err := a.config.mailFrom()
	if err != nil {
		return err
	}
	key, err := a.config.mailKey()
	if err != nil {
		return err
	}
	a.letters = jobs.OutboxOptions{Store: a.store, From: from, Workers: mail.UsualConnections, Grace: letterGrace, Chance: rand.Float64, Log: a.log}
	if folder := a.config.mailFolder(); folder != "" {
		drop, err := mail.NewDrop(folder, key, a.clock)
		if err != nil {
			return err
		}
		drop.Pace(a.config.MailRate)
		a.letters.Sender = drop
		return nil
	}
	if a.config.MailConnections > 0 {
		a.letters.Workers = a.config.MailConnections
	}
	address, err := a.config.smtp()
	if err != nil {
		return err
	}
	// A moved clock does not move the mail server's.
	relay, err := mail.NewSMTP(mail.SMTPOptions{URL: address, From: from, Rate: a.config.MailRate, Connections: a.letters.Workers, Key: key, Now: time.Now})
	if err != nil {
		return usage("--smtp: %v", err)
	}
	a.letters.Sender = relay
	a.relay = relay
	return nil
}

// openOutbox knows where links lead; that is known when the program listens.
func (a *App) openOutbox(secret []byte) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("names of letters"))
	a.letters.Key, a.letters.Base = mac.Sum(nil), a.base()
	a.outbox.Store(jobs.NewOutbox(a.letters))
}

// base is the address in mails, without a slash at its end.
func (a *App) base() string {
	if public, _ := a.config.public(); public != nil {
		return strings.TrimSuffix(public.String(), "/")
	}
	address := a.Address()
	for _, everywhere := range []string{"://[::]:", "://0.0.0.0:"} {
		address = strings.Replace(address, everywhere, "://localhost:", 1)
	}
	return address
}
