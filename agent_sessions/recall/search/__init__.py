"""One user's documents, found by question: indexed, matched, weighed, ranked."""
