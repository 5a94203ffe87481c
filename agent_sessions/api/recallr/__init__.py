"""The RecallrAI memory wire: users, their sessions, what is remembered of them, and contexts made of it."""
