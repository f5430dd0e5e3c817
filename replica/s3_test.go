package replica

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// objects speaks as much S3 as Litestream's client asks for: put, get, list (version 2), delete several.
type objects struct {
	mu   sync.Mutex
	m    map[string][]byte
	puts int
}

func (s *objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/b"), "/")
	switch {
	case r.Method == "PUT":
		b, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		s.m[key], s.puts = b, s.puts+1
		w.Header().Set("ETag", `"x"`)
	case r.Method == "POST" && r.URL.Query().Has("delete"):
		var d struct {
			Object []struct{ Key string }
		}
		if err := xml.NewDecoder(r.Body).Decode(&d); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		for _, o := range d.Object {
			delete(s.m, o.Key)
		}
		fmt.Fprint(w, `<DeleteResult></DeleteResult>`)
	case r.Method == "GET" && r.URL.Query().Get("list-type") == "2":
		s.list(w, r.URL.Query().Get("prefix"))
	case r.Method == "GET" && s.m[key] != nil:
		w.Write(s.m[key])
	default:
		w.WriteHeader(404)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
	}
}

func (s *objects) list(w io.Writer, prefix string) {
	var keys []string
	for k := range s.m {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	fmt.Fprintf(w, `<ListBucketResult><Name>b</Name><KeyCount>%d</KeyCount><IsTruncated>false</IsTruncated>`, len(keys))
	for _, k := range keys {
		fmt.Fprintf(w, `<Contents><Key>%s</Key><Size>%d</Size><LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>`, k, len(s.m[k]))
	}
	fmt.Fprint(w, `</ListBucketResult>`)
}

// The whole way over HTTP with Litestream's own S3 client: upload, fold, lose the machine, restore.
func TestS3(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "") // with it set, Litestream's client cannot start ("has no WithTransportOptions")
	s := &objects{m: map[string][]byte{}}
	srv := httptest.NewServer(s)
	defer srv.Close()
	c, err := ParseConfig([]byte(fmt.Sprintf(`
x-foyer: {durability: replica}
dbs:
  - path: app.db
    replica: {url: "s3://b/foyer", endpoint: "%s", region: us-east-1, access-key-id: k, secret-access-key: s}`, srv.URL)), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := options(t.TempDir())
	o.Config = c
	r := mustOpen(t, o)
	for i := range bucketFold + 10 {
		mustWrite(t, r, insert(fmt.Sprintf("%03d", i)))
	}
	want := ids(t, r.Read())
	mustClose(t, r)
	s.mu.Lock()
	t.Log(s.puts, "puts,", len(s.m), "objects stay")
	if len(s.m) > bucketFold {
		t.Error("nothing was folded away")
	}
	s.mu.Unlock()
	again := o
	again.Dir += "-again"
	rep, err := Restore(t.Context(), RestoreOptions{Dir: again.Dir, Config: c})
	if err != nil {
		t.Fatal(err)
	}
	again.Config = Config{}
	r = mustOpen(t, again)
	if got := ids(t, r.Read()); !slices.Equal(got, want) {
		t.Fatal(len(got), len(want), rep)
	}
}
