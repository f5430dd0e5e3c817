package handlers

import (
	"net/http"
	"slices"

	"foyer/meet"
)

// route is one address. Every route names the action it is about, so that none can be added without somebody having
// thought of who may; a test walks them all.
type route struct {
	method, path string
	do           meet.Action
	handle       func(*visit) error
	kind         kind
}

// kind is how a route is served.
type kind int

const (
	page   kind = iota
	plain       // needs to know nothing of who asks, and reads no database
	stream      // has no end
	upload      // takes a picture: more bytes, more time
)

func (s *Server) routes() []route {
	return slices.Concat(s.houseRoutes(), s.roomRoutes(), s.eventRoutes(), s.registerRoutes(), s.registrantRoutes(), s.invitationRoutes(), s.passwordRoutes(), s.mailRoutes())
}

// houseRoutes are what belongs to the house and to people with accounts.
func (s *Server) houseRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/healthz", meet.Knows, s.healthz, plain},
		{get, "/readyz", meet.Knows, s.readyz, plain},
		{get, "/static/*", meet.Knows, s.asset, plain},
		{get, "/favicon.ico", meet.Knows, s.favicon, plain},

		{get, "/setup", meet.Knows, s.setUpPage, page},
		{post, "/setup", meet.Knows, s.setUp, page},
		{get, "/sign-in", meet.Knows, s.signInPage, page},
		{post, "/sign-in", meet.Knows, s.signIn, page},
		{post, "/sign-out", meet.SignOut, s.signOut, page},
		{get, "/account", meet.ChangeAccount, s.accountPage, page},
		{post, "/account", meet.ChangeAccount, s.renameAccount, page},
		{post, "/account/password", meet.ChangeAccount, s.changePassword, page},
		{get, "/accounts", meet.ManageAccounts, s.accountsPage, page},
		{post, "/accounts/:id/active", meet.ManageAccounts, s.setActive, page},

		{get, "/", meet.SeeHome, s.home, page},
		{get, "/stream", meet.SeeHome, s.homeStream, stream},
		{get, "/rooms/new", meet.CreateRoom, s.newRoomPage, page},
		{post, "/rooms", meet.CreateRoom, s.createRoom, page},
		{get, "/rooms/:id", meet.SeeRoom, s.roomPage, page},
		{get, "/rooms/:id/tile", meet.SeeRoom, s.roomTile, page},
		{get, "/rooms/:id/links/:which", meet.SeeLinks, s.roomLink, page},
		{post, "/rooms/:id/name", meet.RenameRoom, s.renameRoom, page},
		{post, "/rooms/:id/privacy", meet.LockRoom, s.setPrivacy, page},
		{post, "/rooms/:id/delete", meet.DeleteRoom, s.deleteRoom, page},
		{post, "/rooms/:id/duplicate", meet.Duplicate, s.duplicateRoom, page},
		{get, "/rooms/:id/customize", meet.Customize, s.customizePage, page},
		{post, "/rooms/:id/customize", meet.Customize, s.customize, upload},
		{get, "/rooms/:id/lobby", meet.Customize, s.lobbyLookPage, page},
		{post, "/rooms/:id/lobby", meet.Customize, s.setLobbyLook, upload},
		{get, "/history", meet.SeeHistory, s.history, page},
		{get, "/history/:id", meet.SeeCall, s.call, page},
	}
}

// roomRoutes are what guests reach: doors, rooms and what one does inside.
func (s *Server) roomRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{get, "/h/:token", meet.SeeDoor, s.hostLink, page},
		{get, "/r/:slug", meet.SeeDoor, s.lobby, page},
		{get, "/r/:slug/door", meet.SeeDoor, s.doorStream, stream},
		{post, "/r/:slug", meet.EnterRoom, s.enterRoom, upload},
		{get, "/r/:slug/wait", meet.SeeWait, s.wait, page},
		{get, "/r/:slug/wait/stream", meet.SeeWait, s.waitStream, stream},
		{post, "/r/:slug/wait/stop", meet.StopAsk, s.stopAsking, page},
		{get, "/image/:hash", meet.SeeDoor, s.image, plain},

		{get, "/r/:slug/live", meet.SeeInside, s.live, page},
		{get, "/r/:slug/stream", meet.SeeInside, s.roomStream, stream},
		{post, "/r/:slug/devices", meet.SetOwn, s.setDevices, page},
		{post, "/r/:slug/leave", meet.LeaveRoom, s.leaveRoom, page},
		{get, "/ended", meet.SeeDoor, s.ended, page},

		{get, "/r/:slug/chat", meet.SeeChat, s.chat, page},
		{post, "/r/:slug/chat", meet.Say, s.say, page},
		{post, "/r/:slug/chat/delete", meet.DeleteLine, s.deleteLine, page},
		{post, "/r/:slug/react", meet.React, s.react, page},
		{post, "/r/:slug/hand", meet.RaiseHand, s.setHand, page},
		{get, "/r/:slug/knocks", meet.SeeKnocks, s.knocks, page},
		{post, "/r/:slug/knocks", meet.Answer, s.answerKnock, page},
		{post, "/r/:slug/mute", meet.MutePerson, s.mutePeople, page},
		{post, "/r/:slug/lower", meet.LowerHand, s.lowerHands, page},
		{post, "/r/:slug/remove", meet.Remove, s.removePerson, page},
		{post, "/r/:slug/allow", meet.AllowBack, s.allowBack, page},
		{post, "/r/:slug/end", meet.EndCall, s.endForAll, page},
		{post, "/r/:slug/start", meet.StartEvent, s.startInside, page},

		{post, "/media/:room/receive", meet.SeeInside, s.receive, plain},
		{post, "/media/:room/send", meet.Publish, s.send, plain},
		{put, "/media/:room/receive/:id/view", meet.SeeInside, s.view, plain},
		{del, "/media/:room/:direction/:id", meet.SeeInside, s.hangUp, plain},
	}
}
