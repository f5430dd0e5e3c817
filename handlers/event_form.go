package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

var eventFields = []string{"title", "description", "date", "time", "duration", "zone", "at", "registration", "capacity", "closes", "speakers", "theme", "note", "message"}

// changeFields are those of a webinar that is there already: a change is one of what its host saw.
var changeFields = append([]string{"seen"}, eventFields...)

// tomorrow is an event as a form proposes it: at the next full hour of tomorrow, for an hour, with a registration page.
// What old says already stays.
func (s *Server) tomorrow(old meet.Event) meet.Event {
	zone := meet.ZoneOrUTC(old.Zone)
	now := s.Clock().In(zone)
	old.Starts = time.Date(now.Year(), now.Month(), now.Day()+1, now.Hour()+1, 0, 0, 0, zone)
	old.Date, old.Clock, old.Zone = old.Starts.Format(time.DateOnly), old.Starts.Format("15:04"), zone.String()
	if old.Length == 0 {
		old.Length = time.Hour
	}
	return old
}

func (s *Server) newEventPage(v *visit) error {
	if err := v.allow(meet.CreateEvent); err != nil {
		return err
	}
	return s.showNewEvent(v, http.StatusOK, v.left(eventFields...), views.Which{})
}

func (s *Server) showNewEvent(v *visit, status int, f views.Form, which views.Which) error {
	e := meet.Event{Room: meet.Room{Theme: meet.Webinar}, When: meet.When{Zone: v.zone().String()}, Registration: true}
	p := v.page("Plan a webinar", "page.js")
	p.Here = "webinars"
	return v.html(status, views.EventFormPage(p, views.EventForm{Event: s.tomorrow(e), New: true, Zones: calendar.Zones(), Form: f, Which: which}))
}

func (s *Server) createEvent(v *visit) error {
	facts, which, err := v.facts(meet.Event{})
	if err == nil {
		var id meet.ID
		if id, err = store.CreateEvent.Do(v.ctx(), s.Store, v.by(), facts); err == nil {
			return v.see(done(id, "made", 0))
		}
	}
	if no := v.allow(meet.CreateEvent); no != nil { // nobody's form is read aloud to a stranger
		return no
	}
	return v.again(err, v.typed(eventFields...), func(status int, f views.Form) error { return s.showNewEvent(v, status, f, which) })
}

// facts reads the form of an event. What a live event does not ask any more stays as it is in old. which is set where the
// time is not one on the clocks of its zone.
func (v *visit) facts(old meet.Event) (f store.EventFacts, which views.Which, err error) {
	f = store.EventFacts{Title: v.FormValue("title"), Description: v.FormValue("description"), Speakers: v.FormValue("speakers"),
		Theme: v.FormValue("theme"), Note: v.FormValue("note"), Registration: v.FormValue("registration") != "", Capacity: number(strings.TrimSpace(v.FormValue("capacity")))}
	if old.Started.IsZero() {
		minutes, err := strconv.Atoi(clip(strings.TrimSpace(v.FormValue("duration")), 6))
		if err != nil {
			return f, which, meet.Wrong("duration", "Enter the duration in minutes, such as 60.")
		}
		old.Length = time.Duration(minutes) * time.Minute
		if f.When, which, err = v.when(old.When, strings.TrimSpace(v.FormValue("zone"))); err != nil {
			return f, which, err
		}
	} else {
		f.When, f.Theme = old.When, string(old.Theme)
	}
	f.Closes, err = closing(v.FormValue("closes"), f.When.Zone)
	return f, which, err
}

// when is the time that date, clock and zone mean. Where that is none or two, "at" says which one, as a second of Unix
// time; an event that stays at its time need not be asked again.
func (v *visit) when(old meet.When, zone string) (meet.When, views.Which, error) {
	w := meet.When{Date: strings.TrimSpace(v.FormValue("date")), Clock: strings.TrimSpace(v.FormValue("time")), Zone: zone, Length: old.Length}
	r, err := calendar.Local(w.Date, w.Clock, w.Zone)
	if err != nil {
		return w, views.Which{}, err
	}
	if r.Kind == calendar.Once {
		w.Starts = r.At[0]
		return w, views.Which{}, nil
	}
	which := views.Which{Twice: r.Kind == calendar.Twice, Zone: zone, At: r.At, Asked: w.Clock}
	at, stays := v.FormValue("at"), w.Date == old.Date && w.Clock == old.Clock && w.Zone == old.Zone
	if at == "" && stays {
		at = decimal(old.Starts.Unix())
	}
	for _, one := range r.At {
		if decimal(one.Unix()) != at {
			continue
		}
		w.Starts = one
		if loc, err := meet.Zone(zone); err == nil && !which.Twice { // the clock never shows what was typed
			w.Date, w.Clock = one.In(loc).Format(time.DateOnly), one.In(loc).Format("15:04")
		}
		return w, which, nil
	}
	return w, which, meet.Wrong("at", "Choose which time is meant.")
}

func decimal[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// closing reads until when one may register, on the clocks of the event's zone. Where such a time is none or two, the
// later one counts: nobody is shut out too soon.
func closing(typed, zone string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	date, clock, _ := strings.Cut(clip(typed, 16), "T")
	r, err := calendar.Local(date, clock, zone)
	if err != nil {
		return time.Time{}, meet.Wrong("closes", "Enter a date and a time, or leave it empty.")
	}
	return r.At[len(r.At)-1], nil
}

func (s *Server) editEventPage(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	if err := e.MayEdit(s.Clock()); err != nil {
		return err
	}
	return s.showEditEvent(v, http.StatusOK, e, views.EventForm{Form: v.left(changeFields...)})
}

func (s *Server) showEditEvent(v *visit, status int, e meet.Event, d views.EventForm) error {
	var err error
	if d.Told, _, err = s.Store.Told(v.ctx(), e.ID); err != nil {
		return err
	}
	d.Event, d.Zones, d.Live = e, calendar.Zones(), !e.Started.IsZero()
	p := v.page("Edit "+e.Name, "page.js")
	p.Here = "webinars"
	return v.html(status, views.EventFormPage(p, d))
}

func (s *Server) editEvent(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	seen := v.seen()
	facts, which, err := v.facts(e)
	if err == nil {
		var out store.Edited
		in := store.EventEdit{Event: e.ID, Facts: facts, Message: v.FormValue("message"), Seen: seen}
		if out, err = store.EditEvent.Do(v.ctx(), s.Store, v.by(), in); err == nil {
			return v.see(done(e.ID, "saved", out.Letters))
		}
	}
	if e.MayEdit(s.Clock()) != nil {
		return err
	}
	return v.again(err, v.typed(changeFields...), func(status int, f views.Form) error {
		if status == http.StatusConflict { // as it is by now, and so is what the next answer was made of
			delete(f.Typed, "seen")
			if e, err = s.Store.Event(v.ctx(), v.who, v.id()); err != nil {
				return err
			}
		}
		return s.showEditEvent(v, status, e, views.EventForm{Form: f, Which: which, Moved: status == http.StatusConflict && !seen.Equal(e.Changed)})
	})
}

// seen is when what a form was made of had changed, the zero time where it does not say.
func (v *visit) seen() time.Time {
	n, err := strconv.ParseInt(clip(v.FormValue("seen"), 13), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// fieldsPage is where an organiser's own questions are ordered and added.
func (s *Server) fieldsPage(v *visit) error {
	return s.showFields(v, http.StatusOK, v.left(fieldFields...))
}

func (s *Server) fieldsData(v *visit) (d views.FieldsData, err error) {
	if d.Event, err = s.Store.Event(v.ctx(), v.who, v.id()); err != nil {
		return d, err
	}
	d.Fields, err = s.Store.Fields(v.ctx(), d.Event.ID)
	return d, err
}

func (s *Server) showFields(v *visit, status int, f views.Form) error {
	d, err := s.fieldsData(v)
	if err != nil {
		return err
	}
	d.Form, d.Focus = f, v.QueryParam("moved")
	d.Said = map[string]string{"added": "Added.", "saved": "Saved.", "removed": "Removed. Answers given stay in the list."}[v.QueryParam("done")]
	p := v.page("Registration fields", "fields.js")
	p.Here = "webinars"
	return v.html(status, views.FieldsPage(p, d))
}

// field is a question as a form says it.
func (v *visit) field(id meet.ID) meet.Field {
	return meet.Field{ID: id, Kind: meet.FieldKind(v.FormValue("kind")), Label: v.FormValue("label"), Options: strings.Split(v.FormValue("options"), "\n"), Required: v.FormValue("required") != ""}
}

var fieldFields = []string{"label", "kind", "options", "required"}

func (s *Server) addField(v *visit) error {
	if _, err := store.SetField.Do(v.ctx(), s.Store, v.by(), store.EventField{Event: v.id(), Field: v.field("")}); err != nil {
		return v.again(err, v.typed(fieldFields...), func(status int, f views.Form) error { return s.showFields(v, status, f) })
	}
	return v.see(views.EventFields(v.id()) + "?done=added")
}

func (v *visit) fieldID() meet.ID { return meet.ID(clip(v.Param("field"), 32)) }

func (s *Server) fieldPage(v *visit) error {
	return s.showField(v, http.StatusOK, v.left(fieldFields...))
}

func (s *Server) showField(v *visit, status int, f views.Form) error {
	d, err := s.fieldsData(v)
	if err != nil {
		return err
	}
	counts, err := s.Store.SeatCounts(v.ctx(), v.who, d.Event.ID)
	if err != nil {
		return err
	}
	d.Form, d.Asked = f, counts.Registered+counts.Waiting > 0
	for _, one := range d.Fields {
		if one.ID == v.fieldID() {
			p := v.page("Edit field", "page.js")
			p.Here = "webinars"
			return v.html(status, views.FieldPage(p, d, one))
		}
	}
	return meet.ErrNotHere
}

func (s *Server) setField(v *visit) error {
	if _, err := store.SetField.Do(v.ctx(), s.Store, v.by(), store.EventField{Event: v.id(), Field: v.field(v.fieldID())}); err != nil {
		return v.again(err, v.typed(fieldFields...), func(status int, f views.Form) error {
			if status == http.StatusConflict { // taken off meanwhile: what was typed can be added anew
				return s.showFields(v, status, f)
			}
			return s.showField(v, status, f)
		})
	}
	return v.see(views.EventFields(v.id()) + "?done=saved")
}

func (s *Server) dropField(v *visit) error {
	in := store.EventField{Event: v.id(), Field: meet.Field{ID: v.fieldID()}}
	if _, err := store.DropField.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return err
	}
	return v.see(views.EventFields(v.id()) + "?done=removed")
}

var errOrder = meet.Refuse(meet.Invalid, "Say which question is to be moved.")

// orderFields moves one question up or down, as its buttons say, or takes a whole order from a script.
func (s *Server) orderFields(v *visit) error {
	d, err := s.fieldsData(v)
	if err != nil {
		return err
	}
	order, moved, err := v.order(d.Fields)
	if err != nil {
		return err
	}
	if _, err := store.OrderFields.Do(v.ctx(), s.Store, v.by(), store.FieldOrder{Event: d.Event.ID, Order: order}); err != nil {
		return err
	}
	if v.script() {
		return v.nothing()
	}
	return v.see(views.EventFields(d.Event.ID) + "?moved=" + moved)
}

// order is that of the questions after a move. moved is the button that was pressed and can be pressed again; at the end
// of the list it is the other one.
func (v *visit) order(list []meet.Field) (ids []meet.ID, moved string, err error) {
	if whole := v.FormValue("order"); whole != "" {
		for id := range strings.SplitSeq(clip(whole, 1000), ",") {
			ids = append(ids, meet.ID(id))
		}
		return ids, "", nil
	}
	id, step := meet.ID(v.FormValue("up")), -1
	if id == "" {
		id, step = meet.ID(v.FormValue("down")), 1
	}
	at := -1
	for i, f := range list {
		ids = append(ids, f.ID)
		if f.ID == id {
			at = i
		}
	}
	to := at + step
	if at < 0 {
		return nil, "", errOrder
	}
	if to < 0 || to >= len(ids) {
		return ids, "", nil
	}
	ids[at], ids[to] = ids[to], ids[at]
	if to == 0 || step > 0 && to < len(ids)-1 {
		return ids, "down-" + string(id), nil
	}
	return ids, "up-" + string(id), nil
}
