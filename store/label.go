package store

import "foyer/meet"

// LabelFor is the name label that a lobby offers: what this account or this guest's browser typed last (decision 3).
func LabelFor(w Who) meet.Label {
	if w.Account.ID == "" {
		return w.Browser.Label
	}
	l := w.Label
	if l.Name == "" {
		l.Name = w.Account.Name
	}
	return l
}

// label is what the form said, cleaned, with its picture kept.
func (a *act) label(w Who, in Entering) (meet.Label, error) {
	l, err := meet.LabelOf(in.Label)
	if err != nil {
		return l, err
	}
	l.Image = ""
	switch {
	case in.Picture != nil:
		l.Image = in.Picture.Hash
		err = a.keepPicture(*in.Picture)
	case in.KeepImage:
		l.Image = LabelFor(w).Image
	}
	return l, err
}

// remember keeps a label for the next lobby: with the account, or with the browser of a guest. A shared machine does not
// offer the label of whoever signed out.
func (a *act) remember(w Who, l meet.Label) error {
	if w.Account.ID != "" {
		return a.do(`UPDATE account SET label = ?, headline = ?, colour = ?, image = ? WHERE id = ?`, l.Name, l.Headline, l.Colour, l.Image, w.Account.ID)
	}
	return a.do(`UPDATE browser SET name = ?, headline = ?, colour = ?, image = ? WHERE id = ?`, l.Name, l.Headline, l.Colour, l.Image, w.Browser.ID)
}
