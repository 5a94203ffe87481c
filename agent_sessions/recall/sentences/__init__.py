"""Sentences taken apart: talk cut into clauses, whom they are about, and all of it in the third person."""
