package handlers

import "net/http"

// healthz: this node can answer.
func (s *Server) healthz(v *visit) error {
	if err := s.Store.Readable(v.ctx()); err != nil {
		s.Log.Error("not healthy", "err", err)
		return v.String(http.StatusServiceUnavailable, "cannot read\n")
	}
	return v.String(http.StatusOK, "ok\n")
}

// readyz: it can also take writes.
func (s *Server) readyz(v *visit) error {
	if err := s.Store.Ready(); err != nil {
		return v.String(http.StatusServiceUnavailable, "cannot write\n")
	}
	return s.healthz(v)
}

func (s *Server) asset(v *visit) error {
	s.Files.ServeHTTP(v.Response(), v.Request())
	return nil
}

// favicon is asked for by browsers that did not look at the page.
func (s *Server) favicon(v *visit) error {
	return v.Redirect(http.StatusFound, s.Files.Path("favicon.svg"))
}
