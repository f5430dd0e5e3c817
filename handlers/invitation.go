package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// invitationRoutes are invitations by mail: sending them, and the way in by one.
func (s *Server) invitationRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/rooms/:id/invitations", meet.InvitePeople, s.invitationsPage, page},
		{get, "/rooms/:id/invitations/stream", meet.InvitePeople, s.invitationsStream, stream},
		{post, "/rooms/:id/invitations", meet.InvitePeople, s.invite, page},
		{post, "/rooms/:id/invitations/:one/resend", meet.InvitePeople, s.resendInvitation, page},
		{post, "/rooms/:id/invitations/:one/revoke", meet.InvitePeople, s.revokeInvitation, page},
		{get, "/i/:token", meet.SeeDoor, s.inviteLink, page},
	}
}

var inviteFields = []string{"name", "email", "role"}

func (s *Server) invitationsPage(v *visit) error {
	return s.showInvitations(v, http.StatusOK, v.left(inviteFields...))
}

func (s *Server) showInvitations(v *visit, status int, f views.Form) error {
	d, err := s.invitationsData(v)
	if err != nil {
		return err
	}
	d.Form = f
	d.Done = map[string]string{"sent": "The invitation is on its way.", "revoked": "Revoked. The link opens nothing any more."}[v.QueryParam("done")]
	if one := v.QueryParam("revoke"); one != "" {
		i := slices.IndexFunc(d.List, func(i meet.Invitation) bool { return string(i.ID) == one })
		if i >= 0 {
			d.Revoke = &d.List[i]
		}
	}
	p := v.page("Invitations, "+d.Room.Name, "page.js")
	p.Live = true
	if d.Room.Event {
		p.Here = "webinars"
	}
	first, err := s.firstDesk(v, p, views.InvitationsRegion(p, d), views.InvitationsLive(d.Room.ID), url.Values{})
	if err != nil {
		return err
	}
	d.Region, d.Queue, d.Stream = first.region, first.queue, first.stream
	return v.html(status, views.InvitationsPage(p, d))
}

func (s *Server) invitationsData(v *visit) (d views.InvitationsData, err error) {
	if d.Room, err = s.Store.Room(v.ctx(), v.who, v.id()); err != nil {
		return d, err
	}
	d.List, err = s.Store.Invitations(v.ctx(), v.who, d.Room.ID)
	return d, err
}

// invitationsStream keeps an open list true.
func (s *Server) invitationsStream(v *visit) error {
	h := listDesk(v.id(), "invitations")
	h.draw = func() ([]byte, error) {
		return h.kept("all", func() ([]byte, error) {
			d, err := s.invitationsData(v)
			if err != nil {
				return nil, err
			}
			return s.draw(v, views.InvitationsRegion(h.p, d))
		})
	}
	return s.keepDesk(v, h)
}

func (s *Server) invite(v *visit) error {
	in := store.Inviting{Room: v.id(), Name: v.FormValue("name"), Email: v.FormValue("email"), Role: v.FormValue("role")}
	if _, err := store.Invite.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return v.again(err, v.typed(inviteFields...), func(status int, f views.Form) error { return s.showInvitations(v, status, f) })
	}
	return v.see(views.Invitations(v.id()) + "?done=sent")
}

func (v *visit) oneInvitation() store.OneInvitation {
	return store.OneInvitation{Room: v.id(), Invitation: meet.ID(clip(v.Param("one"), 32))}
}

func (s *Server) resendInvitation(v *visit) error {
	if _, err := store.ResendInvitation.Do(v.ctx(), s.Store, v.by(), v.oneInvitation()); err != nil {
		return v.again(err, nil, func(status int, f views.Form) error { return s.showInvitations(v, status, f) })
	}
	return v.see(views.Invitations(v.id()) + "?done=sent")
}

func (s *Server) revokeInvitation(v *visit) error {
	if _, err := store.RevokeInvitation.Do(v.ctx(), s.Store, v.by(), v.oneInvitation()); err != nil {
		return err
	}
	return v.see(views.Invitations(v.id()) + "?done=revoked")
}

// inviteLink remembers the link of an invitation and goes on to the door.
func (s *Server) inviteLink(v *visit) error {
	token := clip(v.Param("token"), longestLink)
	c, err := s.Store.Capability(v.ctx(), token)
	if err != nil {
		return err
	}
	if c.Invitation == "" {
		return meet.ErrNotHere // another kind of link, typed by hand
	}
	if err := v.open(c.Room, "", token); err != nil {
		return err
	}
	return v.see(views.Lobby(c.Slug))
}
