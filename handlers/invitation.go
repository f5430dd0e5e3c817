package handlers

// invitationRoutes are invitations by mail: sending them, and the way in by one.
func (s *Server) invitationRoutes() []route { return nil }
