package meet

import "slices"

// Reactions are what one can send over everybody's heads. They are never kept.
var Reactions = []string{"👍", "❤️", "😂", "🎉", "👏", "😮"}

// ReactionOf checks a reaction that came from a page: another text must not fly over people's screens.
func ReactionOf(s string) (string, error) {
	if !slices.Contains(Reactions, s) {
		return "", Wrong("reaction", "Choose one of the reactions.")
	}
	return s, nil
}
