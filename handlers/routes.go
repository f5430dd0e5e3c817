package handlers

import (
	"net/http"

	"foyer/meet"
)

// route is one address. Every route names the action it is about, so that none can be added without somebody having
// thought of who may; a test walks them all.
type route struct {
	method, path string
	do           meet.Action
	handle       func(*visit) error
	plain        bool // needs to know nothing of who asks, and reads no database
	stream       bool
}

func (s *Server) routes() []route {
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	return []route{
		{get, "/healthz", meet.Knows, s.healthz, true, false},
		{get, "/readyz", meet.Knows, s.readyz, true, false},
		{get, "/static/*", meet.Knows, s.asset, true, false},
		{get, "/favicon.ico", meet.Knows, s.favicon, true, false},

		{get, "/setup", meet.Knows, s.setUpPage, false, false},
		{post, "/setup", meet.Knows, s.setUp, false, false},
		{get, "/sign-in", meet.Knows, s.signInPage, false, false},
		{post, "/sign-in", meet.Knows, s.signIn, false, false},
		{post, "/sign-out", meet.SignOut, s.signOut, false, false},
		{get, "/account", meet.ChangeAccount, s.accountPage, false, false},
		{post, "/account", meet.ChangeAccount, s.renameAccount, false, false},
		{post, "/account/password", meet.ChangeAccount, s.changePassword, false, false},
		{get, "/accounts", meet.ManageAccounts, s.accountsPage, false, false},
		{post, "/accounts/:id/active", meet.ManageAccounts, s.setActive, false, false},

		{get, "/", meet.SeeHome, s.home, false, false},
		{get, "/stream", meet.SeeHome, s.homeStream, false, true},
		{get, "/rooms/new", meet.CreateRoom, s.newRoomPage, false, false},
		{post, "/rooms", meet.CreateRoom, s.createRoom, false, false},
		{get, "/rooms/:id", meet.SeeRoom, s.roomPage, false, false},
		{get, "/rooms/:id/tile", meet.SeeRoom, s.roomTile, false, false},
		{get, "/rooms/:id/links/:which", meet.SeeLinks, s.roomLink, false, false},
		{post, "/rooms/:id/name", meet.RenameRoom, s.renameRoom, false, false},
		{post, "/rooms/:id/privacy", meet.LockRoom, s.setPrivacy, false, false},
		{post, "/rooms/:id/delete", meet.DeleteRoom, s.deleteRoom, false, false},
		{get, "/history", meet.SeeHistory, s.history, false, false},
		{get, "/history/:id", meet.SeeCall, s.call, false, false},

		{get, "/h/:token", meet.SeeDoor, s.hostLink, false, false},
		{get, "/r/:slug", meet.SeeDoor, s.lobby, false, false},
		{post, "/r/:slug", meet.EnterRoom, s.enterRoom, false, false},
		{get, "/r/:slug/live", meet.SeeInside, s.live, false, false},
		{get, "/r/:slug/stream", meet.SeeInside, s.roomStream, false, true},
		{post, "/r/:slug/devices", meet.SetOwn, s.setDevices, false, false},
		{post, "/r/:slug/leave", meet.LeaveRoom, s.leaveRoom, false, false},
		{get, "/ended", meet.SeeDoor, s.ended, false, false},

		{post, "/media/:room/receive", meet.SeeInside, s.receive, true, false},
		{post, "/media/:room/send", meet.Publish, s.send, true, false},
		{del, "/media/:room/:direction/:id", meet.SeeInside, s.hangUp, true, false},
	}
}
