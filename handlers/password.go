package handlers

import (
	"net/http"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// passwordRoutes set passwords by links that come by mail: for who forgot theirs, and for who was asked to begin an account.
func (s *Server) passwordRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/forgot", meet.SetPassword, s.forgotPage, page},
		{post, "/forgot", meet.SetPassword, s.forgot, page},
		{get, "/reset/:token", meet.SetPassword, s.resetPage, page},
		{post, "/reset/:token", meet.SetPassword, s.resetPassword, page},
		{get, "/begin/:token", meet.SetPassword, s.beginPage, page},
		{post, "/begin/:token", meet.SetPassword, s.beginAccount, page},
		{post, "/accounts/invitations", meet.InviteAccount, s.inviteAccount, page},
		{post, "/accounts/invitations/:id/withdraw", meet.InviteAccount, s.withdrawAccount, page},
	}
}

func (s *Server) forgotPage(v *visit) error {
	return v.html(http.StatusOK, views.ForgotPage(v.page("Forgot your password?"), v.left("email"), v.QueryParam("sent") != ""))
}

// forgot answers the same whatever comes of it: to an address that nobody has here, to the fourth time in an hour, and to a
// network that asks too often.
func (s *Server) forgot(v *visit) error {
	email := clip(v.FormValue("email"), 4*meet.LongestEmail)
	_, _, err := meet.Email(email)
	if err == nil && s.limits.letter(v) == nil {
		_, err = store.AskReset.Do(v.ctx(), s.Store, v.by(), email)
	}
	if err != nil {
		return v.again(err, v.typed("email"), func(status int, f views.Form) error {
			return v.html(status, views.ForgotPage(v.page("Forgot your password?"), f, false))
		})
	}
	return v.see(views.Forgot + "?sent=1")
}

// linkToken is the token in the address of a link.
func (v *visit) linkToken() string { return clip(v.Param("token"), longestLink) }

// usedUp is the same bytes for every link that does not work, and tells why nobody.
func (v *visit) usedUp(err error, begins bool) error {
	if meet.CodeOf(err) != meet.NotHere {
		return err
	}
	stranger := views.Page{Title: "This link does not work any more", Assets: v.s.Files, Contact: v.s.Contact}
	return v.html(http.StatusNotFound, views.UsedUpPage(stranger, begins))
}

func (s *Server) resetPage(v *visit) error { return s.showReset(v, http.StatusOK, views.Form{}) }

func (s *Server) showReset(v *visit, status int, f views.Form) error {
	t, err := s.Store.Ticket(v.ctx(), meet.ResetLink, v.linkToken())
	if err != nil {
		return v.usedUp(err, false)
	}
	return v.html(status, views.ResetPage(v.page("New password"), f, t, v.linkToken()))
}

func (s *Server) resetPassword(v *visit) error {
	token := v.nextToken()
	hash, err := v.newPassword()
	if err == nil {
		in := store.Resetting{Ticket: meet.HashToken(v.linkToken()), Password: hash, Token: meet.HashToken(token)}
		_, err = store.ResetPassword.Do(v.ctx(), s.Store, v.by(), in)
	}
	if err != nil && meet.CodeOf(err) == meet.NotHere {
		return v.usedUp(err, false)
	}
	if err != nil {
		return v.again(err, nil, func(status int, f views.Form) error { return s.showReset(v, status, f) })
	}
	v.setToken(token)
	return v.see(views.Account + "?done=password")
}

// newPassword checks and hashes the password of a form, on the node that took it. Hashing is dear, so it is counted like a
// guess.
func (v *visit) newPassword() (string, error) {
	if err := meet.Secret(v.FormValue("password")); err != nil {
		return "", err
	}
	if err := v.s.limits.guess(v); err != nil {
		return "", err
	}
	return store.HashPassword(v.ctx(), v.FormValue("password"))
}

func (s *Server) beginPage(v *visit) error { return s.showBegin(v, http.StatusOK, views.Form{}) }

func (s *Server) showBegin(v *visit, status int, f views.Form) error {
	t, err := s.Store.Ticket(v.ctx(), meet.AccountLink, v.linkToken())
	if err != nil {
		return v.usedUp(err, true)
	}
	return v.html(status, views.BeginPage(v.page("Begin your account"), f, t, v.linkToken()))
}

func (s *Server) beginAccount(v *visit) error {
	token := v.nextToken()
	name, err := meet.PersonName(v.FormValue("name"))
	var hash string
	if err == nil {
		hash, err = v.newPassword()
	}
	if err == nil {
		in := store.Beginning{Ticket: meet.HashToken(v.linkToken()), Name: name, Password: hash, Token: meet.HashToken(token)}
		_, err = store.BeginAccount.Do(v.ctx(), s.Store, v.by(), in)
	}
	if err != nil && meet.CodeOf(err) == meet.NotHere {
		return v.usedUp(err, true)
	}
	if err != nil {
		return v.again(err, v.typed("name"), func(status int, f views.Form) error { return s.showBegin(v, status, f) })
	}
	v.setToken(token)
	return v.see(views.Home)
}

// inviteAccount is an admin who asks somebody to begin an account here.
func (s *Server) inviteAccount(v *visit) error {
	in := store.AccountFor{Email: v.FormValue("email"), Name: v.FormValue("name"), Admin: v.FormValue("admin") == "yes"}
	if _, err := store.InviteAccount.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return v.again(err, v.typed("name", "email", "admin"), func(status int, f views.Form) error { return s.showAccounts(v, status, f) })
	}
	return v.see(views.Accounts + "?done=invited")
}

func (s *Server) withdrawAccount(v *visit) error {
	if _, err := store.WithdrawAccount.Do(v.ctx(), s.Store, v.by(), v.id()); err != nil {
		return err
	}
	return v.see(views.Accounts + "?done=withdrawn")
}
