package static

import (
	"bytes"
	"regexp"
)

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssSpace   = regexp.MustCompile(`\s+`)
	cssAround  = regexp.MustCompile(` ?([{};]) ?`)

	jsType  = regexp.MustCompile(`/\*\* @type [^*]*\*/ ?`)
	jsAside = regexp.MustCompile("[ \t]+// [^'\"`\\n]*(\\n?)$") // no quote behind it, so it is not within a string
)

// leanScript takes the comments out of one of our modules: they explain, they are a third of the bytes, and browsers need
// none. It knows no JavaScript, so no line within a template string may begin like a comment or end in one.
func leanScript(js []byte) []byte {
	var out []byte
	inside := false // a comment of several lines
	for line := range bytes.Lines(js) {
		words := bytes.TrimSpace(line)
		switch {
		case inside:
			inside = !bytes.HasSuffix(words, []byte("*/"))
		case bytes.HasPrefix(words, []byte("//")):
		case bytes.HasPrefix(words, []byte("/**")) && !bytes.Contains(words, []byte("*/")):
			inside = true
		case bytes.HasPrefix(words, []byte("/**")) && bytes.HasSuffix(words, []byte("*/")) && bytes.Count(words, []byte("*/")) == 1:
		default:
			out = append(out, jsAside.ReplaceAll(jsType.ReplaceAll(line, nil), []byte("$1"))...)
		}
	}
	return out
}

// lean takes comments and indentation out of a style sheet: a sixth of what brotli would send. It knows no CSS, so a
// string in the sheet must hold no comment, no brace and no run of spaces; ours hold "" only.
func lean(css []byte) []byte {
	css = cssComment.ReplaceAll(css, nil)
	css = cssSpace.ReplaceAll(css, []byte(" "))
	return bytes.TrimSpace(cssAround.ReplaceAll(css, []byte("$1")))
}
