package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"foyer"
	"foyer/handlers"
	"foyer/jobs"
	"foyer/live"
	"foyer/mail"
	"foyer/media"
	"foyer/replica"
	"foyer/static"
	"foyer/store"
)

// App is the running product. Tests beside this file start exactly this.
type App struct {
	config  Config
	log     *slog.Logger
	clock   func() time.Time
	keep    *replica.Replica
	store   *store.Store
	hub     *live.Hub
	media   *media.Node
	handler *handlers.Server
	server  *http.Server
	listen  net.Listener
	socket  net.Listener
	rights  *rights
	letters jobs.OutboxOptions
	relay   *mail.SMTP // nil when letters become files
	outbox  atomic.Pointer[jobs.Outbox]
	alone   bool // leave the off-site copy as it is

	lettersStay bool // in the outbox: nothing is sent
	cancel      context.CancelFunc
	work        sync.WaitGroup
}

// New opens everything and listens; nothing is answered before Run. What was opened is closed again on error.
func New(ctx context.Context, c Config, log *slog.Logger) (a *App, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	a = &App{config: c, log: log, clock: clockWith(c.ClockOffset), hub: live.NewHub(), rights: newRights()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(context.WithoutCancel(ctx)))
			a = nil
		}
	}()
	if err := a.openStore(ctx, a.announce); err != nil {
		return a, err
	}
	if err := a.openMedia(); err != nil {
		return a, err
	}
	if err := a.openMail(); err != nil {
		return a, err
	}
	if err := a.openWeb(); err != nil {
		return a, err
	}
	return a, a.offerSetUp(ctx)
}

func clockWith(offset time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(offset) }
}

// openStore takes the data folder and opens what is known. Commands without a running server stop here.
func (a *App) openStore(ctx context.Context, onChange func([]string)) error {
	conf, err := a.litestream()
	if err != nil {
		return err
	}
	if a.alone {
		conf = replica.Config{}
	}
	if conf.URL != "" && os.Getenv("AWS_CA_BUNDLE") != "" {
		a.log.Warn("AWS_CA_BUNDLE is ignored: Litestream's bucket client fails with it")
		_ = os.Unsetenv("AWS_CA_BUNDLE")
	}
	a.keep, err = replica.Open(ctx, replica.Options{Dir: a.config.Data.Data, Config: conf, Migrations: store.Migrations(), Clock: a.clock, Log: calm(a.log), OnChange: onChange})
	if err != nil {
		return err
	}
	secret, fresh, err := instanceSecret(a.config.Data.Data)
	if err != nil {
		return err
	}
	a.store = store.New(a.keep, secret, a.clock)
	if fresh {
		return a.renewLinks(ctx)
	}
	return nil
}

// litestream reads where the off-site copy goes.
func (a *App) litestream() (replica.Config, error) {
	yml, err := litestreamFile(a.config.Config, a.config.Data.Data, foyer.Litestream)
	if err != nil {
		return replica.Config{}, err
	}
	conf, err := replica.ParseConfig(yml, a.env)
	if err != nil {
		return conf, usage("litestream.yml: %v", err)
	}
	return conf, nil
}

// env is what litestream.yml may name: the data folder's name wherever it came from.
func (a *App) env(key string) string {
	if key == "FOYER_DATA" {
		return filepath.Clean(a.config.Data.Data)
	}
	return os.Getenv(key)
}

// renewLinks makes new host links when the instance secret is new but the data is not: the old links cannot be minted
// any more.
func (a *App) renewLinks(ctx context.Context) error {
	fits, err := a.store.SecretFits(ctx)
	if err != nil || fits {
		return err
	}
	n, err := store.RenewAllLinks.Do(ctx, a.store, machine, store.Done{})
	if err == nil {
		a.log.Warn("data/secret was missing and a new one was made: old host links stopped working", "rooms", n)
	}
	return err
}

func (a *App) openMedia() (err error) {
	public, err := a.config.public()
	if err != nil {
		return err
	}
	var hosts []string
	if public != nil {
		hosts = []string{public.Hostname()}
	}
	a.media, err = media.Open(media.Options{Port: a.config.MediaPort, Address: a.config.MediaAddress, Hosts: hosts, Clock: a.clock, Log: calm(a.log),
		OnSlots:    func(room, pass string, slots []media.Slot) { a.handler.Slots(room, pass, slots) },
		OnMedia:    func(_, pass string, receiving, sending bool) { a.handler.Connected(pass, receiving || sending) },
		OnSpeaking: func(room string, passes []string) { a.handler.Speaking(room, passes) }})
	return err
}

func (a *App) openWeb() error {
	files, err := static.Open(assetsDir(a.config.Dev))
	if err != nil {
		return err
	}
	public, _ := a.config.public()
	proxies, _ := a.config.proxies()
	secret, _, err := instanceSecret(a.config.Data.Data)
	if err != nil {
		return err
	}
	a.handler = handlers.New(handlers.Options{Store: a.store, Files: files, Hub: a.hub, Media: a.media, Clock: a.clock, Log: a.log,
		Secret: secret, Public: public, Proxies: proxies, Contact: a.config.Contact, MailFrom: a.letters.From.Address, MailNote: a.config.mailNote(), Mails: a.config.mailFolder()})
	if a.listen, err = listenTCP(a.config.Listen); err != nil {
		return err
	}
	if a.socket, err = listenSocket(a.config.Data.Data); err != nil {
		return err
	}
	a.server = &http.Server{Handler: a.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 90 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)}
	if a.server.TLSConfig, err = tlsConfig(a.config); err != nil {
		return err
	}
	a.openOutbox(secret)
	return nil
}

// assetsDir is the folder that --dev serves assets from, when the program runs in its own source.
func assetsDir(dev bool) string {
	if _, err := os.Stat("static/css/foyer.css"); dev && err == nil {
		return "static"
	}
	return ""
}

// announce wakes the pages that show what changed, lets rights reach the packets, and has the outbox look.
func (a *App) announce(topics []string) {
	a.hub.Announce(topics)
	a.rights.moved(topics)
	if o := a.outbox.Load(); o != nil {
		o.Wake()
	}
}

// Address is where browsers reach this process, like http://127.0.0.1:8080.
func (a *App) Address() string {
	scheme := "http"
	if a.server.TLSConfig != nil {
		scheme = "https"
	}
	return scheme + "://" + a.listen.Addr().String()
}

// Run serves until ctx ends.
func (a *App) Run(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	a.cancel = cancel
	defer cancel()
	work := []func(context.Context){a.handler.Presence().Run, jobs.Sweep(a.store, a.log), jobs.Forget(a.store, a.log), jobs.Remind(a.store, a.log), a.pumpRights, a.serveSocket}
	if !a.lettersStay {
		work = append(work, a.outbox.Load().Run)
	}
	for _, job := range work {
		a.work.Go(func() { job(inner) })
	}
	failed := make(chan error, 1)
	a.work.Go(func() { failed <- a.serve() })
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (a *App) serve() error {
	var err error
	if a.server.TLSConfig != nil {
		err = a.server.ServeTLS(a.listen, "", "")
	} else {
		err = a.server.Serve(a.listen)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close lets go in the order that loses nothing: streams and requests first, then packets, then what is known.
func (a *App) Close(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	var errs []error
	if a.server != nil {
		a.handler.EndStreams()
		errs = append(errs, a.server.Shutdown(ctx))
	}
	if a.cancel != nil {
		a.cancel()
	}
	for _, c := range []io.Closer{nilable(a.listen), nilable(a.socket)} {
		if c != nil {
			_ = c.Close()
		}
	}
	a.work.Wait()
	if a.relay != nil {
		a.relay.Close()
	}
	if a.media != nil {
		errs = append(errs, a.media.Close())
	}
	if a.keep != nil {
		errs = append(errs, a.keep.Close(ctx))
	}
	return errors.Join(errs...)
}

func nilable(l net.Listener) io.Closer {
	if l == nil {
		return nil
	}
	return l
}

type serveCommand struct{ Config }

// Run is foyer serve.
func (c *serveCommand) Run(ctx context.Context) error {
	log := logger(c.Dev)
	slog.SetDefault(calm(log)) // some of Litestream's lines go there
	a, err := New(ctx, c.Config, log)
	if err != nil {
		return err
	}
	if note := c.mailNote(); note != "" {
		log.Info(note)
	}
	fmt.Println("foyer is at", a.Address())
	return errors.Join(a.Run(ctx), a.Close(context.WithoutCancel(ctx)))
}
