package live

import "sync"

// Drawn keeps the bytes of regions, so that a change is drawn once per region and role on this node however many pages
// show it. It trusts a picture for as long as the topic's version stands still.
type Drawn struct {
	hub *Hub
	mu  sync.Mutex
	by  map[string]*picture
}

type picture struct {
	mu      sync.Mutex
	version uint64
	bytes   []byte
}

// NewDrawn makes a store of pictures that listens to hub's versions.
func NewDrawn(hub *Hub) *Drawn { return &Drawn{hub: hub, by: map[string]*picture{}} }

// Bytes gives the picture called key (region and role) of topic, drawing it if the topic moved since. Whoever asks must
// listen to topic. Everybody who asks meanwhile waits for the one drawing. The bytes must not be changed.
func (d *Drawn) Bytes(topic, key string, draw func() ([]byte, error)) ([]byte, error) {
	version := d.hub.Version(topic) // read first: a change during the drawing makes the picture old at once
	if version == 0 {
		return draw()
	}
	d.mu.Lock()
	p := d.by[key]
	if p == nil {
		p = &picture{}
		d.by[key] = p
	}
	d.mu.Unlock()

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes != nil && p.version >= version {
		return p.bytes, nil
	}
	b, err := draw()
	if err != nil {
		return nil, err
	}
	p.version, p.bytes = version, b
	return b, nil
}

// Forget drops pictures whose topics nobody listens to any more. Called now and then.
func (d *Drawn) Forget(keep func(key string) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := range d.by {
		if !keep(k) {
			delete(d.by, k)
		}
	}
}
