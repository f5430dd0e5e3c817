package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// setUpPage is there until the first account is.
func (s *Server) setUpPage(v *visit) error {
	if has, err := s.Store.HasAccounts(v.ctx()); err != nil || has {
		return orNotHere(err)
	}
	return v.html(http.StatusOK, views.SetUpPage(v.page("Set up"), views.Form{}))
}

// withTyped adds what was typed into a lobby to the address that leads back to it. What the browser remembered anyway is
// left out, so that it does not stand over the label of the account, and so is a colour that the lobby only offered.
func (v *visit) withTyped(next string) string {
	known := v.who.Browser.Label
	typed := url.Values{}
	for field, before := range map[string]string{"name": known.Name, "headline": known.Headline, "colour": strconv.Itoa(known.Colour)} {
		offered := field == "colour" && v.QueryParam(field) == v.QueryParam("offered")
		if x := clip(v.QueryParam(field), 1000); x != "" && x != before && !offered {
			typed.Set(field, x)
		}
	}
	if len(typed) == 0 || strings.Contains(next, "?") {
		return next
	}
	return next + "?" + typed.Encode()
}

func orNotHere(err error) error {
	if err != nil {
		return err
	}
	return meet.ErrNotHere
}

func (s *Server) setUp(v *visit) error {
	token := v.nextToken()
	err := s.limits.guess(v)
	if err == nil {
		err = s.setUpWith(v, token)
	}
	if err != nil {
		return v.again(err, v.typed("name", "email"), func(status int, f views.Form) error {
			return v.html(status, views.SetUpPage(v.page("Set up"), f))
		})
	}
	v.setToken(token)
	return v.see(views.Home)
}

func (s *Server) setUpWith(v *visit, token string) error {
	in := store.FirstAccount{Secret: meet.HashToken(strings.TrimSpace(v.FormValue("secret"))), Token: meet.HashToken(token)}
	in.Name, in.Email = v.FormValue("name"), v.FormValue("email")
	if _, err := meet.PersonName(in.Name); err != nil {
		return err
	}
	if _, _, err := meet.Email(in.Email); err != nil {
		return err
	}
	if err := meet.Secret(v.FormValue("password")); err != nil {
		return err
	}
	hash, err := store.HashPassword(v.ctx(), v.FormValue("password"))
	if err != nil {
		return err
	}
	in.Password = hash
	_, err = store.SetUp.Do(v.ctx(), s.Store, v.by(), in)
	return err
}

// signInPage leads somebody who is signed in already to where they wanted to go, and everybody to set-up before that.
func (s *Server) signInPage(v *visit) error {
	if has, err := s.Store.HasAccounts(v.ctx()); err != nil {
		return err
	} else if !has {
		return v.see(views.SetUp)
	}
	next := v.withTyped(safeNext(v.QueryParam("next")))
	if v.who.Account.ID != "" {
		return v.see(next)
	}
	return v.html(http.StatusOK, views.SignInPage(v.page("Sign in"), views.Form{}, next, s.placeName(v, next)))
}

func (s *Server) signIn(v *visit) error {
	next, token := safeNext(v.FormValue("next")), v.nextToken()
	err := s.limits.guess(v)
	if err == nil {
		err = s.signInWith(v, token)
	}
	if err != nil {
		return v.again(err, v.typed("email"), func(status int, f views.Form) error {
			return v.html(status, views.SignInPage(v.page("Sign in"), f, next, s.placeName(v, next)))
		})
	}
	v.setToken(token)
	return v.see(next)
}

// signInWith checks the password before the verb, on this node. An unknown address costs the same time.
func (s *Server) signInWith(v *visit, token string) error {
	_, key, err := meet.Email(v.FormValue("email"))
	if err != nil {
		return err
	}
	if v.FormValue("password") == "" {
		return meet.Wrong("password", "Enter your password.")
	}
	c, err := s.Store.Credential(v.ctx(), key)
	if err != nil {
		return err
	}
	right, err := store.CheckPassword(v.ctx(), c.Password, clip(v.FormValue("password"), 4*meet.LongestSecret))
	if err != nil {
		return err
	}
	if !right {
		s.Log.Info("sign-in refused", "from", network(v.RealIP()))
		return meet.Refuse(meet.Invalid, "That address and password do not belong together. Check both and try again.")
	}
	_, err = store.SignIn.Do(v.ctx(), s.Store, v.by(), store.Entry{Account: c.Account, Password: c.Password, Token: meet.HashToken(token)})
	return err
}

// safeNext is an address of our own to go to, or Home.
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return views.Home
	}
	return next
}

// placeName is what a lobby is called to which signing in leads back.
func (s *Server) placeName(v *visit, next string) string {
	slug, ok := strings.CutPrefix(next, "/r/")
	if !ok {
		return ""
	}
	slug, _, _ = strings.Cut(slug, "?") // what was typed there
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, slug)
	if err != nil {
		return ""
	}
	return d.Room.Name
}

func (s *Server) signOut(v *visit) error {
	token := newToken()
	rotated, err := store.SignOut.Do(v.ctx(), s.Store, v.by(), meet.HashToken(token))
	if err != nil {
		return err
	}
	if rotated {
		v.setToken(token)
	}
	v.setCookie("foyer-door", "", -1)
	return v.see(views.SignIn)
}

func (s *Server) accountPage(v *visit) error {
	if err := v.allow(meet.ChangeAccount); err != nil {
		return err
	}
	done := map[string]string{"name": "Your name is saved.", "password": "Your password is changed. Other browsers are signed out.",
		"feed": "Your calendar link is ready. A link from before works no more."}[v.QueryParam("done")]
	return s.showAccount(v, http.StatusOK, "", views.Form{}, done)
}

func (s *Server) showAccount(v *visit, status int, form string, f views.Form, done string) error {
	feed, err := s.feedLink(v)
	if err != nil {
		return err
	}
	return v.html(status, views.AccountPage(v.page("Account", "page.js"), form, f, done, feed))
}

func (s *Server) renameAccount(v *visit) error {
	_, err := store.RenameAccount.Do(v.ctx(), s.Store, v.by(), v.FormValue("name"))
	if err != nil {
		return v.again(err, v.typed("name"), func(status int, f views.Form) error {
			return s.showAccount(v, status, "name", f, "")
		})
	}
	return v.see(views.Account + "?done=name")
}

func (s *Server) changePassword(v *visit) error {
	if err := v.allow(meet.ChangeAccount); err != nil {
		return err
	}
	err := s.limits.guess(v)
	if err == nil {
		err = s.changePasswordWith(v)
	}
	if err != nil {
		return v.again(err, nil, func(status int, f views.Form) error {
			return s.showAccount(v, status, "password", f, "")
		})
	}
	return v.see(views.Account + "?done=password")
}

func (s *Server) changePasswordWith(v *visit) error {
	c, err := s.Store.CredentialOf(v.ctx(), v.who.Account.ID)
	if err != nil {
		return err
	}
	right, err := store.CheckPassword(v.ctx(), c.Password, v.FormValue("old"))
	if err != nil {
		return err
	}
	if !right {
		if already, err := store.CheckPassword(v.ctx(), c.Password, v.FormValue("password")); err != nil || already {
			return err // the second half of a double click
		}
		return meet.Wrong("old", "This is not your present password.")
	}
	if err := meet.Secret(v.FormValue("password")); err != nil {
		return err
	}
	hash, err := store.HashPassword(v.ctx(), v.FormValue("password"))
	if err != nil {
		return err
	}
	_, err = store.ChangePassword.Do(v.ctx(), s.Store, v.by(), store.NewPassword{Old: c.Password, New: hash})
	return err
}

func (s *Server) accountsPage(v *visit) error {
	if err := v.allow(meet.ManageAccounts); err != nil {
		return err
	}
	return s.showAccounts(v, http.StatusOK, views.Form{})
}

func (s *Server) showAccounts(v *visit, status int, f views.Form) error {
	list, err := s.Store.Accounts(v.ctx())
	if err != nil {
		return err
	}
	asked, err := s.Store.AccountInvitations(v.ctx())
	if err != nil {
		return err
	}
	done := map[string]string{"invited": "The invitation is on its way.", "withdrawn": "Revoked. The link opens nothing any more."}[v.QueryParam("done")]
	return v.html(status, views.AccountsPage(v.page("Accounts", "page.js"), list, asked, f, done))
}

func (s *Server) setActive(v *visit) error {
	_, err := store.SetActive.Do(v.ctx(), s.Store, v.by(), store.Activity{Account: v.id(), Active: v.FormValue("active") == "yes"})
	if err != nil {
		return v.again(err, nil, func(status int, f views.Form) error { return s.showAccounts(v, status, f) })
	}
	return v.see(views.Accounts)
}
