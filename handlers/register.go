package handlers

// registerRoutes are what visitors and registrants of an event reach.
func (s *Server) registerRoutes() []route { return nil }
