package meet_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"foyer/meet"
)

// What is due is looked for by the prios of LetterKinds: a kind that is missing there would never leave.
func TestEveryKindOfLetterIsKnown(t *testing.T) {
	source, err := os.ReadFile("letter.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`LetterKind = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	for _, kind := range found {
		if !slices.Contains(meet.LetterKinds, meet.LetterKind(kind[1])) {
			t.Errorf("%s is not one of LetterKinds", kind[1])
		}
	}
	if len(found) == 0 || len(found) != len(meet.LetterKinds) {
		t.Errorf("%d kinds are declared, %d are in LetterKinds", len(found), len(meet.LetterKinds))
	}
}
