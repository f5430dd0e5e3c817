package bench

import (
	"fmt"
	"net/http"
	"os"
	"sync"

	"github.com/labstack/echo/v4"
)

// page is a page with one heading, which a plain stream keeps true.
const page = `<!doctype html><html lang="en"><head><title>Hello</title><link rel="icon" href="data:,"></head>
<body><main><h1 id="said">hello</h1></main><script>
new EventSource('/stream').onmessage = e => { document.getElementById('said').textContent = e.data }
</script></body></html>`

// hello is the baseline: an Echo server without middleware, and the simplest way a POST can reach another page.
func hello() {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "hello") })
	e.GET("/page", func(c echo.Context) error { return c.HTML(http.StatusOK, page) })
	ears := &ears{open: map[chan string]bool{}}
	e.GET("/stream", ears.listen)
	e.POST("/say", ears.say)
	fmt.Fprintln(os.Stderr, e.Start(os.Args[2]))
	os.Exit(1)
}

type ears struct {
	mu   sync.Mutex
	open map[chan string]bool
}

func (s *ears) say(c echo.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ear := range s.open {
		ear <- c.FormValue("name")
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *ears) listen(c echo.Context) error {
	ear := make(chan string, 64)
	s.mu.Lock()
	s.open[ear] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, ear)
		s.mu.Unlock()
	}()
	c.Response().Header().Set(echo.HeaderContentType, "text/event-stream")
	c.Response().WriteHeader(http.StatusOK)
	c.Response().Flush()
	for {
		select {
		case <-c.Request().Context().Done():
			return nil
		case said := <-ear:
			if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", said); err != nil {
				return nil
			}
			c.Response().Flush()
		}
	}
}
