package replica

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"
	"github.com/benbjohnson/litestream/s3"
	"gopkg.in/yaml.v2"
)

// Durability says what an acknowledgement waits for (decision 19).
type Durability string

const (
	DurableLocal   Durability = "local"   // data/committed and, if the replica is a local folder, that folder
	DurableReplica Durability = "replica" // the bucket too
)

// Config is what Foyer reads of litestream.yml. Its zero value means no off-site copy.
type Config struct {
	Database   string     // dbs[0].path, a logical name
	Folder     string     // the local off-site folder, absolute; empty if there is none
	URL        string     // the bucket, s3://bucket/path; empty if there is none
	Durability Durability // x-foyer.durability
	s3         s3Settings
}

// Offsite names the off-site copy for people; empty if there is none.
func (c Config) Offsite() string { return cmp.Or(c.Folder, c.URL) }

// s3Settings are the keys of stock Litestream that a URL cannot carry; they may also stand at the top of the file.
type s3Settings struct {
	AccessKeyID     string `yaml:"access-key-id"`
	SecretAccessKey string `yaml:"secret-access-key"`
	Region          string `yaml:"region"`
	Bucket          string `yaml:"bucket"`
	Endpoint        string `yaml:"endpoint"`
	ForcePathStyle  *bool  `yaml:"force-path-style"`
}

type replicaYAML struct {
	Type       string `yaml:"type"`
	Path       string `yaml:"path"`
	URL        string `yaml:"url"`
	s3Settings `yaml:",inline"`
}

type configYAML struct {
	s3Settings `yaml:",inline"`
	DBs        []struct {
		Path     string         `yaml:"path"`
		Replica  *replicaYAML   `yaml:"replica"`
		Replicas []*replicaYAML `yaml:"replicas"`
	} `yaml:"dbs"`
	Foyer struct {
		Durability Durability `yaml:"durability"`
	} `yaml:"x-foyer"`
}

// ParseConfig reads a litestream.yml as stock Litestream does: $VARIABLES first, then YAML in which unknown keys are
// allowed (cmd/litestream/main.go:621). Errors name the key, never a secret.
func ParseConfig(yml []byte, env func(string) string) (Config, error) {
	var y configYAML
	if err := yaml.Unmarshal([]byte(os.Expand(string(yml), env)), &y); err != nil {
		return Config{}, fmt.Errorf("litestream.yml: %w", err)
	}
	if len(y.DBs) != 1 {
		return Config{}, fmt.Errorf("litestream.yml: %d databases in dbs, Foyer has one", len(y.DBs))
	}
	c := Config{Database: y.DBs[0].Path, Durability: cmp.Or(y.Foyer.Durability, DurableLocal)}
	if c.Durability != DurableLocal && c.Durability != DurableReplica {
		return Config{}, fmt.Errorf("litestream.yml: x-foyer.durability is %q, not local or replica", c.Durability)
	}
	r := y.DBs[0].Replica
	switch n := len(y.DBs[0].Replicas); {
	case n > 1 || n == 1 && r != nil:
		return Config{}, errors.New("litestream.yml: more than one replica on a database")
	case n == 1:
		r = y.DBs[0].Replicas[0]
	}
	if r == nil {
		return c, nil
	}
	if err := c.setReplica(*r, y.s3Settings); err != nil {
		return Config{}, fmt.Errorf("litestream.yml: replica: %w", err)
	}
	return c, nil
}

func (c *Config) setReplica(r replicaYAML, top s3Settings) (err error) {
	kind := cmp.Or(r.Type, litestream.ReplicaTypeFromURL(r.URL), "file")
	if r.URL != "" && kind != litestream.ReplicaTypeFromURL(r.URL) {
		return fmt.Errorf("type %q does not fit its url", kind)
	}
	if litestream.IsURL(r.Path) {
		return errors.New("path is a url; use the key url")
	}
	switch kind {
	case file.ReplicaClientType:
		path := r.Path
		if r.URL != "" {
			if _, _, path, err = litestream.ParseReplicaURL(r.URL); err != nil {
				return err
			}
		}
		if path == "" {
			return errors.New("the folder has no path")
		}
		c.Folder, err = filepath.Abs(path)
		return err
	case s3.ReplicaClientType:
		c.URL = cmp.Or(r.URL, "s3://"+r.Bucket+"/"+r.Path)
		c.s3 = r.s3Settings.over(top)
		_, err = c.bucketClient()
		return err
	}
	return fmt.Errorf("type %q is not known; Foyer keeps copies in a folder (file) or a bucket (s3)", kind)
}

func (s s3Settings) over(top s3Settings) s3Settings {
	s.AccessKeyID = cmp.Or(s.AccessKeyID, top.AccessKeyID)
	s.SecretAccessKey = cmp.Or(s.SecretAccessKey, top.SecretAccessKey)
	s.Region, s.Endpoint = cmp.Or(s.Region, top.Region), cmp.Or(s.Endpoint, top.Endpoint)
	s.ForcePathStyle = cmp.Or(s.ForcePathStyle, top.ForcePathStyle)
	return s
}

// bucketClient makes Litestream's own S3 client. Without keys in the file the usual AWS sources apply.
func (c *Config) bucketClient() (litestream.ReplicaClient, error) {
	client, err := litestream.NewReplicaClientFromURL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("replica url: %w", err)
	}
	b, ok := client.(*s3.ReplicaClient)
	if !ok {
		return client, nil
	}
	b.AccessKeyID = cmp.Or(c.s3.AccessKeyID, b.AccessKeyID)
	b.SecretAccessKey = cmp.Or(c.s3.SecretAccessKey, b.SecretAccessKey)
	b.Region = cmp.Or(c.s3.Region, b.Region)
	if c.s3.Endpoint != "" {
		b.Endpoint, _ = litestream.EnsureEndpointScheme(c.s3.Endpoint)
		b.ForcePathStyle = true // as stock does for endpoints of one's own
	}
	if p := c.s3.ForcePathStyle; p != nil {
		b.ForcePathStyle = *p
	}
	return b, nil
}
