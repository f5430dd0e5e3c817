package recorder

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Marker stands in every name, headline and line of chat inside a busy room, and nowhere else.
const Marker = "Kanarienvogel"

// Busy is a locked room in which everything goes on that must not come out.
type Busy struct {
	At, Slug, ID string
	HostLink     string // path
	host         *Person
	happened     atomic.Int64
	stop         context.CancelFunc
	work         sync.WaitGroup

	mu        sync.Mutex
	canaries  map[Canary]bool
	others    []description // of those inside, newest last
	troubles  error
	knockerOf map[string]string
}

// talkers is how many people are inside besides the host.
const talkers = 6

// Furnish makes a room by the account that holds the cookie jar of a signed-in person, fills it, and locks it. Whatever
// goes wrong later is told by Close.
func Furnish(ctx context.Context, at, email, password string) (*Busy, error) {
	b := &Busy{At: at, host: Somebody(at, nil), canaries: map[Canary]bool{}, knockerOf: map[string]string{}}
	for _, text := range []string{`"slot":`, `"kind":"voice"`} {
		b.canaries[Canary{"slots", text}] = true
	}
	for _, text := range []string{"v=0\r\n", "a=candidate:", "a=ice-ufrag:", "a=fingerprint:"} {
		b.canaries[Canary{"description", text}] = true
	}
	b.canaries[Canary{"words", Marker}] = true
	if err := b.build(ctx, email, password); err != nil {
		return nil, err
	}
	ctx, b.stop = context.WithCancel(ctx)
	b.goOn(func() error { return b.watch(ctx) })
	var guests []*Person
	for n := range talkers {
		p := Somebody(at, nil)
		if err := b.enter(ctx, p, fmt.Sprintf("%s %d", Marker, n)); err != nil {
			b.stop()
			return nil, err
		}
		guests = append(guests, p)
	}
	if _, err := b.host.Must(ctx, "/rooms/"+b.ID+"/privacy", "locked", "yes"); err != nil {
		b.stop()
		return nil, err
	}
	for n, p := range guests {
		b.goOn(func() error { return b.keepStream(ctx, p) })
		b.goOn(func() error { return b.live(ctx, p, n) })
	}
	b.goOn(func() error { return b.comeAndGo(ctx) })
	return b, nil
}

var (
	slugOf = regexp.MustCompile(`/r/([a-z0-9-]+)"`)
	tileOf = regexp.MustCompile(`id="person-(\w+)"`)
	faceOf = regexp.MustCompile(`/image/(\w+)`)
	cardOf = regexp.MustCompile(`(?s)data-knock="(\w+)".*?<b>(.*?)</b>`)
)

func (b *Busy) build(ctx context.Context, email, password string) error {
	if _, err := b.host.Must(ctx, "/sign-in", "email", email, "password", password); err != nil {
		return err
	}
	made, err := b.host.Must(ctx, "/rooms", "name", "Rehearsal", "theme", "meeting")
	if err != nil {
		return err
	}
	b.ID = strings.TrimPrefix(made.Location, "/?made=")
	page, err := b.host.Get(ctx, "/rooms/"+b.ID)
	if err != nil {
		return err
	}
	slug := slugOf.FindStringSubmatch(page.Body)
	link, err := b.host.Get(ctx, "/rooms/"+b.ID+"/links/host")
	if err != nil || slug == nil || !strings.Contains(link.Body, "/h/") {
		return fmt.Errorf("no links of the room: %w %.200s", err, link.Body)
	}
	b.Slug, b.HostLink = slug[1], link.Body[strings.Index(link.Body, "/h/"):]
	_, err = b.host.Must(ctx, "/r/"+b.Slug, "name", Marker+" Conductor", "headline", Marker+" conducts")
	return err
}

func (b *Busy) goOn(f func() error) {
	b.work.Go(func() {
		if err := f(); err != nil && !errors.Is(err, context.Canceled) {
			b.mu.Lock()
			b.troubles = errors.Join(b.troubles, err)
			b.mu.Unlock()
		}
	})
}

// Close ends all that goes on and tells what went wrong meanwhile.
func (b *Busy) Close() error {
	b.stop()
	b.work.Wait()
	return b.troubles
}

// Canaries are all that were planted so far.
func (b *Busy) Canaries() (list []Canary) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.canaries {
		list = append(list, c)
	}
	return list
}

func (b *Busy) plant(kind, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text != "" {
		b.canaries[Canary{kind, text}] = true
	}
}

// Happened is how many events the host's page was sent so far: a wait during which it stands still would prove nothing.
func (b *Busy) Happened() int64 { return b.happened.Load() }

// watch keeps the host's page, from which the names of things are learned that must not come out.
func (b *Busy) watch(ctx context.Context) error {
	return b.host.Listen(ctx, "/r/"+b.Slug+"/stream?tab=host", func(event, data string) bool {
		if event == "ping" {
			return false
		}
		b.happened.Add(1)
		switch event {
		case "people":
			for _, found := range tileOf.FindAllStringSubmatch(data, -1) {
				b.plant("pass", found[1])
			}
			for _, found := range faceOf.FindAllStringSubmatch(data, -1) {
				b.plant("picture", found[1])
			}
		case "queue":
			b.mu.Lock()
			for _, found := range cardOf.FindAllStringSubmatch(data, -1) {
				b.knockerOf[strings.TrimSpace(found[2])] = found[1]
			}
			b.mu.Unlock()
		case "ticket":
			b.plant("ticket", data)
		}
		return false
	})
}

// knocker is the pass of somebody whose card the host has seen.
func (b *Busy) knocker(ctx context.Context, name string) (pass string, err error) {
	for pass == "" && ctx.Err() == nil {
		b.mu.Lock()
		pass = b.knockerOf[name]
		b.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	return pass, ctx.Err()
}

// enter passes the lobby with a picture, as a browser does.
func (b *Busy) enter(ctx context.Context, p *Person, name string) error {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range map[string]string{"name": name, "headline": Marker + " sings"} {
		_ = w.WriteField(field, value)
	}
	part, _ := w.CreateFormFile("image", "me.png")
	if err := png.Encode(part, face()); err != nil {
		return err
	}
	w.Close()
	a, err := p.Ask(ctx, http.MethodPost, "/r/"+b.Slug, w.FormDataContentType(), body.String())
	if err == nil && a.Status != http.StatusSeeOther {
		err = fmt.Errorf("%s does not come in: %d %.300s", name, a.Status, a.Body)
	}
	return err
}

// face is a picture that nobody else has.
func face() image.Image {
	seed := rand.Text()
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = seed[i/64*len(seed)/64] + byte(i%64)
	}
	return img
}

// keepStream is the page of somebody inside. Its ticket opens the media as well, so that there are descriptions to steal.
func (b *Busy) keepStream(ctx context.Context, p *Person) error {
	var asked time.Time
	return p.Listen(ctx, "/r/"+b.Slug+"/stream?tab=1", func(event, data string) bool {
		if event != "ticket" {
			return false
		}
		b.plant("ticket", data)
		if time.Since(asked) > 5*time.Second {
			asked = time.Now()
			b.goOn(func() error { return b.describe(ctx, p, data) })
		}
		return false
	})
}

// describe lets somebody inside ask for media, every ten seconds while the ticket lasts.
func (b *Busy) describe(ctx context.Context, p *Person, ticket string) error {
	for range 5 {
		a, err := p.Ask(ctx, http.MethodPost, "/media/"+b.ID+"/receive", "application/sdp", offerToReceive(), "Authorization", "Bearer "+ticket)
		if err != nil || a.Status != http.StatusCreated {
			return errors.Join(err, fmt.Errorf("media of somebody inside: %d %.200s", a.Status, a.Body))
		}
		d, err := readAnswer(a.Body)
		if err != nil {
			return err
		}
		b.plant("description", d.ufrag)
		b.plant("description", d.pwd)
		b.mu.Lock()
		b.others = append(b.others, d)
		b.mu.Unlock()
		if err := pause(ctx, 10*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// stolen are the newest descriptions of people inside.
func (b *Busy) stolen() []description {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]description(nil), b.others[max(0, len(b.others)-talkers):]...)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// live is what one of the people inside does, a step every quarter of a second and a word a second.
func (b *Busy) live(ctx context.Context, p *Person, who int) error {
	at := "/r/" + b.Slug
	for n := 0; ; n++ {
		var err error
		switch n % 8 {
		case 0:
			_, err = p.Must(ctx, at+"/chat", "text", fmt.Sprintf("%s says line %d", Marker, n))
		case 4:
			_, err = p.Must(ctx, at+"/react", "reaction", "🎉")
		case 2, 6:
			_, err = p.Must(ctx, at+"/hand", "up", map[int]string{2: "yes", 6: "no"}[n%8])
		default:
			_, err = p.Must(ctx, at+"/devices", "mic", "yes", "camera", map[bool]string{true: "yes", false: "no"}[n%3 == 0])
		}
		if err == nil {
			err = pause(ctx, time.Duration(250+10*who)*time.Millisecond)
		}
		if err != nil {
			return err
		}
	}
}

// comeAndGo brings a new face in by the host link every second and takes it out again.
func (b *Busy) comeAndGo(ctx context.Context) error {
	for n := 0; ; n++ {
		p := Somebody(b.At, nil)
		if _, err := p.Get(ctx, b.HostLink); err != nil {
			return err
		}
		if err := b.enter(ctx, p, fmt.Sprintf("%s walks in %d", Marker, n)); err != nil {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		if _, err := p.Must(ctx, "/r/"+b.Slug+"/leave"); err != nil {
			return err
		}
		p.Close()
	}
}
