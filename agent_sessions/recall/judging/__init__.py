"""Which clauses tell something worth remembering, and which are passing talk, questions, guesses or secrets."""
