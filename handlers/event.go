package handlers

// eventRoutes are what hosts do with events.
func (s *Server) eventRoutes() []route { return nil }
