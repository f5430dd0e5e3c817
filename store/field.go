package store

import (
	"context"
	"strings"

	"foyer/meet"
)

const fieldQuery = `SELECT id, kind, label, options, required FROM field WHERE room = ? AND gone = 0 ORDER BY place, id`

func field(row scanner) (f meet.Field, err error) {
	var options string
	err = row.Scan(&f.ID, &f.Kind, &f.Label, &options, &f.Required)
	if options != "" {
		f.Options = strings.Split(options, "\n")
	}
	return f, err
}

// Fields are what an organiser asks, in order.
func (s *Store) Fields(ctx context.Context, room meet.ID) ([]meet.Field, error) {
	rows, err := s.rows(ctx, fieldQuery, room)
	return collect(rows, err, field)
}

func (a *act) fields(room meet.ID) ([]meet.Field, error) {
	rows, err := a.rows(fieldQuery, room)
	return collect(rows, err, field)
}

// EventField is one question of an event's form. ID "" adds it at the end.
type EventField struct {
	Event meet.ID
	Field meet.Field
}

// SetField adds or changes a question.
var SetField = verb("set-field", func(a *act, in EventField) (meet.ID, error) {
	e, _, err := a.mayEvent(meet.EditEvent, in.Event)
	if err != nil {
		return "", err
	}
	f, err := meet.CheckField(in.Field)
	if err != nil {
		return "", err
	}
	if f.ID == "" {
		list, err := a.fields(e.ID)
		if err != nil {
			return "", err
		}
		if len(list) >= meet.MostFields {
			return "", meet.Wrong("label", "A form asks at most 20 questions of yours.")
		}
		f.ID = newID()
		if err := a.insertField(e.ID, f, `(SELECT coalesce(max(place), 0) + 1 FROM field WHERE room = ?2)`); err != nil {
			return "", err
		}
		return f.ID, a.eventChanged(e)
	}
	n, err := a.count(`UPDATE field SET kind = ?, label = ?, options = ?, required = ? WHERE id = ? AND room = ? AND gone = 0`,
		f.Kind, f.Label, strings.Join(f.Options, "\n"), f.Required, f.ID, e.ID)
	if err == nil && n == 0 {
		err = meet.Refuse(meet.Conflict, "This question was taken off the form meanwhile.")
	}
	if err != nil {
		return "", err
	}
	return f.ID, a.eventChanged(e)
})

func (a *act) insertField(room meet.ID, f meet.Field, place string) error {
	return a.do(`INSERT INTO field (id, room, place, kind, label, options, required) VALUES (?1, ?2, `+place+`, ?3, ?4, ?5, ?6)`,
		f.ID, room, f.Kind, f.Label, strings.Join(f.Options, "\n"), f.Required)
}

// FieldOrder is the order of an event's questions, by id. What is not named keeps its order behind.
type FieldOrder struct {
	Event meet.ID
	Order []meet.ID
}

// OrderFields puts the questions of a form in another order.
var OrderFields = verb("order-fields", func(a *act, in FieldOrder) (Done, error) {
	e, _, err := a.mayEvent(meet.EditEvent, in.Event)
	if err != nil {
		return Done{}, err
	}
	if len(in.Order) > meet.MostFields {
		return Done{}, meet.Refuse(meet.Invalid, "A form asks at most 20 questions of yours.")
	}
	if err := a.do(`UPDATE field SET place = place + ? WHERE room = ?`, meet.MostFields, e.ID); err != nil {
		return Done{}, err
	}
	for i, id := range in.Order {
		if err := a.do(`UPDATE field SET place = ? WHERE id = ? AND room = ?`, i+1, id, e.ID); err != nil {
			return Done{}, err
		}
	}
	return Done{}, a.eventChanged(e)
})

// DropField takes a question off the form. Answers given stay.
var DropField = verb("drop-field", func(a *act, in EventField) (Done, error) {
	e, _, err := a.mayEvent(meet.EditEvent, in.Event)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE field SET gone = 1 WHERE id = ? AND room = ?`, in.Field.ID, e.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.eventChanged(e)
})

func (a *act) copyFields(from, to meet.ID) error {
	list, err := a.fields(from)
	for _, f := range list {
		f.ID = newID()
		if err == nil {
			err = a.insertField(to, f, `(SELECT coalesce(max(place), 0) + 1 FROM field WHERE room = ?2)`)
		}
	}
	return err
}
