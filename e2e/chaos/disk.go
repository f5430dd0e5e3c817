package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// diskDrill takes the whole data folder away again and again; the off-site copy and a copy of the secret remain.
func diskDrill(ctx context.Context, p plan) error {
	d, err := newDrill(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(d.disks(ctx), d.close())
}

func (d *drill) disks(ctx context.Context) error {
	if err := d.rounds(ctx, "disk", d.plan.Disks, d.loseDisk); err != nil {
		return err
	}
	err := d.verdict("disk", d.plan.Disks)
	d.times("restore_ms")
	return errors.Join(err, d.withoutSecret(ctx))
}

// loseDisk is a new disk and foyer restore, now and then killed half way and begun anew.
func (d *drill) loseDisk(ctx context.Context) error {
	if d.dice.IntN(8) == 0 {
		if err := d.restoreHalf(ctx); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(d.node.data); err != nil {
		return err
	}
	out, err := d.node.command(ctx, "", "restore", "--secret", "@"+d.node.secretCopy())
	if err == nil && !strings.Contains(out, "restored from "+d.node.offsite()) {
		err = fmt.Errorf("foyer restore did not say from where: %s", out)
	}
	return err
}

func (d *drill) restoreHalf(ctx context.Context) error {
	if err := os.RemoveAll(d.node.data); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, d.some(150*time.Millisecond))
	defer cancel()
	if _, err := d.node.command(short, "", "restore", "--secret", "@"+d.node.secretCopy()); err != nil && short.Err() == nil {
		return err // not the kill but a refusal
	}
	return ctx.Err()
}

// withoutSecret: a restore without the secret keeps sign-in and participant links; host links end, new ones work, and
// the command says so.
func (d *drill) withoutSecret(ctx context.Context) error {
	if _, err := d.strike(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(d.node.data); err != nil {
		return err
	}
	out, err := d.node.command(ctx, "", "restore")
	if err != nil {
		return err
	}
	if !strings.Contains(out, "Host links") || !strings.Contains(out, "articipant links work") || !strings.Contains(out, "ign-in") {
		return fmt.Errorf("foyer restore without --secret does not say what stopped working: %s", out)
	}
	if err := d.node.start(ctx); err != nil {
		return err
	}
	d.starts++
	ended, errs := 0, []error(nil)
	for _, c := range d.clients {
		n, err := d.endedHostLinks(ctx, c)
		ended, errs = ended+n, append(errs, err)
	}
	errs = append(errs, d.finish(ctx)) // with the new host links
	fmt.Printf("chaos disk: without the secret %d host links ended and as many new ones work\n", ended)
	if ended == 0 || len(d.lost)+len(d.doubled) > 0 {
		errs = append(errs, fmt.Errorf("restored without the secret: %d old host links were tried, %d promises lost:%s", ended, len(d.lost), d.findings.some()))
	}
	return errors.Join(errs...)
}

// endedHostLinks tries the old host links of a client's latest rooms and forgets them all, so that new ones are asked for.
func (d *drill) endedHostLinks(ctx context.Context, c *client) (n int, err error) {
	for _, r := range c.rooms {
		old := r.host
		r.host = ""
		if old == "" {
			continue
		}
		a, err := visitor(d.line, d.node.url).get(ctx, old)
		if err != nil {
			return n, err
		}
		n++
		if a.status != http.StatusNotFound {
			return n, fmt.Errorf("the host link of %s from before a restore without the secret: %v", r.serial, a)
		}
	}
	return n, nil
}
