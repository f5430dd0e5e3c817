// Package foyer holds the two files of the top level that the program carries inside itself: where the off-site copy
// goes (litestream.yml, stock Litestream's own format) and nothing else. A folder cannot embed what lies above it, so
// this file lies at the top; cmd/foyer hands the bytes to replica.
package foyer

import _ "embed"

// Litestream is the built-in litestream.yml, used when neither --config nor a file beside the data says otherwise.
//
//go:embed litestream.yml
var Litestream []byte
