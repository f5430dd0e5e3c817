package replica

import (
	"os"
	"strings"
	"testing"

	"github.com/benbjohnson/litestream/s3"
)

func TestParseConfig(t *testing.T) {
	env := map[string]string{"FOYER_DATA": "/var/lib/foyer/data", "KEY": "k", "SECRET": "s3cr3t"}
	shipped, err := os.ReadFile("../litestream.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, yml, folder, url, err string }{
		{"shipped", string(shipped), "/var/lib/foyer/data-replica", "", ""},
		{"file url", "dbs: [{path: a, replica: {url: 'file:///x/y'}}]", "/x/y", "", ""},
		{"path only", "dbs: [{path: a, replica: {path: /x}}]", "/x", "", ""},
		{"old list", "dbs: [{path: a, replicas: [{path: /x}]}]", "/x", "", ""},
		{"bucket url", "dbs: [{path: a, replica: {url: 's3://b/p'}}]", "", "s3://b/p", ""},
		{"bucket keys", "access-key-id: $KEY\ndbs: [{path: a, replica: {type: s3, bucket: b, path: p, secret-access-key: $SECRET, endpoint: 'http://127.0.0.1:1'}}]", "", "s3://b/p", ""},
		{"none", "dbs: [{path: a}]", "", "", ""},
		{"unknown keys", "x-cluster: {a: 1}\ndbs: [{path: a, x-y: 2, replica: {path: /x, sync-interval: 1s}}]", "/x", "", ""},
		{"replica", "x-foyer: {durability: replica}\ndbs: [{path: a, replica: {path: /x}}]", "/x", "", ""},
		{"bad durability", "x-foyer: {durability: maybe}\ndbs: [{path: a}]", "", "", "maybe"},
		{"two databases", "dbs: [{path: a}, {path: b}]", "", "", "2 databases"},
		{"two replicas", "dbs: [{path: a, replicas: [{path: /x}, {path: /y}]}]", "", "", "more than one"},
		{"unknown type", "dbs: [{path: a, replica: {type: sftp, path: /x}}]", "", "", "sftp"},
		{"type against url", "dbs: [{path: a, replica: {type: file, url: 's3://b/p'}}]", "", "", "does not fit"},
		{"url in path", "dbs: [{path: a, replica: {path: 's3://b/p'}}]", "", "", "key url"},
		{"not yaml", "dbs: [", "", "", "litestream.yml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseConfig([]byte(c.yml), func(k string) string { return env[k] })
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatal(err)
				}
				return
			}
			if err != nil || got.Folder != c.folder || got.URL != c.url {
				t.Fatalf("%+v %v", got, err)
			}
			if want := c.name == "replica"; want != (got.Durability == DurableReplica) {
				t.Fatal(got.Durability)
			}
			if c.name == "bucket keys" {
				client, err := got.bucketClient()
				if err != nil {
					t.Fatal(err)
				}
				b := client.(*s3.ReplicaClient)
				if b.AccessKeyID != "k" || b.SecretAccessKey != "s3cr3t" || b.Endpoint != "http://127.0.0.1:1" || !b.ForcePathStyle || b.Bucket != "b" || b.Path != "p" {
					t.Fatalf("%+v", b)
				}
			}
		})
	}
}
