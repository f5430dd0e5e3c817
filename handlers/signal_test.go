package handlers

import (
	"maps"
	"strings"
	"testing"

	"foyer/media"
)

func TestReadView(t *testing.T) {
	for text, want := range map[string]map[int]media.Tile{
		`{"tiles":{}}`:               {},
		` {"tiles":{},"pinned":[]} `: {},
		`{"tiles":{"5":[320,180],"14":[1280,720]},"pinned":[14]}`:     {5: {Width: 320, Height: 180}, 14: {Width: 1280, Height: 720, Pinned: true}},
		`{"pinned":[5,5],"tiles":{"5":[0,8192]}}`:                     {5: {Height: 8192, Pinned: true}},
		`{"tiles":{"6":[1,1]}}` + strings.Repeat(" ", longestView-21): {6: {Width: 1, Height: 1}},
	} {
		got, err := readView(strings.NewReader(text))
		if err != nil || !maps.Equal(got.Tiles, want) {
			t.Errorf("%.80s is read as %v, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		``: "a view is {", `{}`: "a view is {", `null`: "a view is {", `[]`: "a view is {", `{"tiles":null}`: "a view is {", `{"tiles":[]}`: "a view is {",
		`{"tiles":{}}}`: "a view is {", `{"tiles":{}} {"tiles":{}}`: "a view is {", `{"tiles":{},"page":1}`: "a view is {", `{"tiles":{"5":{"width":1}}}`: "a view is {",
		`{"tiles":{"five":[1,1]}}`: "a view is {", `{"tiles":{"5":["1","1"]}}`: "a view is {", `{"tiles":{"5":[1.5,1]}}`: "a view is {", `{"tiles":{"5":[1e9,1]}}`: "a view is {", `{"tiles":{},"pinned":5}`: "a view is {",
		`{"tiles":{"5":[8193,1]}}`: "slot 5: a size", `{"tiles":{"5":[-1,1]}}`: "slot 5: a size", `{"tiles":{"5":[1]}}`: "slot 5: a size",
		`{"tiles":{"5":[1,1,1]}}`: "slot 5: a size", `{"tiles":{"5":null}}`: "slot 5: a size", `{"tiles":{"4":[1,1]}}`: "slot 4 has no picture",
		`{"tiles":{"15":[1,1]}}`: "slot 15 has no picture", `{"tiles":{"-1":[1,1]}}`: "slot -1 has no picture", `{"tiles":{"5":[1,1]},"pinned":[6]}`: "slot 6 is pinned",
		`{"tiles":{}}` + strings.Repeat(" ", longestView): "at most 4096 bytes",
	} {
		if got, err := readView(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.80s is read as %v, %v, and not refused with %q", text, got, err, why)
		}
	}
}
