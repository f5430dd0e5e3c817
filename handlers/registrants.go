package handlers

// registrantRoutes are what hosts do with who registered.
func (s *Server) registrantRoutes() []route { return nil }
