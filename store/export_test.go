package store

// DueLetters is the query behind Post, for its plan.
var DueLetters = dueLetters
