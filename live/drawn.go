package live

import "sync"

// Drawn keeps the bytes of regions, so that a change is drawn once per region and role on this node however many pages
// show it. It trusts a picture for as long as the topic's version stands still, and drops it with the topic's last
// listener.
type Drawn struct {
	hub *Hub
	mu  sync.Mutex
	by  map[string]*state // by topic
}

// state is what was drawn of a topic at one version of it. Older pictures are asked for by nobody, so they go together:
// keys may be as many as one likes.
type state struct {
	version uint64
	by      map[string]*picture
}

type picture struct {
	mu      sync.Mutex
	version uint64
	bytes   []byte
}

// NewDrawn makes a store of pictures that listens to hub's versions. A hub has one.
func NewDrawn(hub *Hub) *Drawn {
	d := &Drawn{hub: hub, by: map[string]*state{}}
	hub.mu.Lock()
	hub.forgotten = d.forget
	hub.mu.Unlock()
	return d
}

// Bytes gives the picture called key (region and role) of topic, drawing it if the topic moved since. Whoever asks must
// listen to topic. Everybody who asks meanwhile waits for the one drawing. The bytes must not be changed.
func (d *Drawn) Bytes(topic, key string, draw func() ([]byte, error)) ([]byte, error) {
	version := d.hub.Version(topic) // read first: a change during the drawing makes the picture old at once
	if version == 0 {
		return draw()
	}
	p := d.picture(topic, key, version)
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

func (d *Drawn) picture(topic, key string, version uint64) *picture {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.by[topic]
	if now == nil || now.version < version {
		now = &state{version, map[string]*picture{}}
		d.by[topic] = now
	}
	if now.by[key] == nil {
		now.by[key] = &picture{}
	}
	return now.by[key]
}

func (d *Drawn) forget(topic string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.by, topic)
}
